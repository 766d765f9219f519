package tui

import (
	"strings"

	"cslack-stream/internal/tui/view"

	"github.com/charmbracelet/bubbles/key"
)

// keyMap are the keys of the view. The help and the footer are made from it.
type keyMap struct {
	Pause, Up, Down, PageUp, PageDown, HalfUp, HalfDown, Oldest, Newest                            key.Binding
	Inspect, Close, ScrollUp, ScrollDown, Copy, CopyJSON                                           key.Binding
	Filter, Find, NextFound, PreviousFound, Jump, NextForMe, PreviousForMe, NextRule, PreviousRule key.Binding
	Older, Channels, Agents, QuickFilter, Matrix                                                   key.Binding
	NextInThread, PreviousInThread                                                                 key.Binding
	Bookmark, Bookmarks, Export, Pager, Raw, Mouse                                                 key.Binding
	ChannelsPane, ListOnly, DetailPane, Left, Right                                                key.Binding
	StepBack, StepForward, MinuteBack, MinuteForward, Faster, Slower, GoLive                       key.Binding
	Clock, Wrap, Reconnect, Help, Quit, Interrupt, Suspend                                         key.Binding
	Write, Edit, Delete, Why                                                                       key.Binding
}

func bind(label, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(label, does))
}

// defaultKeys are the keys unless somebody chose others.
func defaultKeys() keyMap {
	return keyMap{
		Pause:         bind("space", "pause or follow", " "),
		Up:            bind("↑ k", "previous row", "up", "k"),
		Down:          bind("↓ j", "next row", "down", "j"),
		PageUp:        bind("PgUp", "a page up", "pgup", "ctrl+b"),
		PageDown:      bind("PgDn", "a page down", "pgdown", "ctrl+f"),
		HalfUp:        bind("ctrl+u", "half a page up", "ctrl+u"),
		HalfDown:      bind("ctrl+d", "half a page down", "ctrl+d"),
		Oldest:        bind("g Home", "oldest", "g", "home"),
		Newest:        bind("G End", "newest, and follow", "G", "end"),
		Older:         bind("h", "load older events", "h"),
		Inspect:       bind("enter", "inspect the event", "enter"),
		Close:         bind("esc", "close, then clear the filter", "esc"),
		ScrollUp:      bind("K", "scroll the inspected up", "K", "shift+up"),
		ScrollDown:    bind("J", "scroll the inspected down", "J", "shift+down"),
		Copy:          bind("y", "copy the text", "y"),
		CopyJSON:      bind("Y", "copy as JSON", "Y"),
		Filter:        bind("/", "filter", "/"),
		Find:          bind(`\`, "find without hiding", `\`),
		NextFound:     bind("n", "next found", "n"),
		PreviousFound: bind("N", "previous found", "N"),
		Jump:          bind("T", "go to a time", "T"),
		NextForMe:     bind("]", "next addressed to the agent", "]"),
		PreviousForMe: bind("[", "previous addressed", "["),
		NextRule:      bind("}", "next gap, check or day", "}"),
		PreviousRule:  bind("{", "previous gap, check or day", "{"),
		Channels:      bind("c", "choose a channel", "c"),
		Agents:        bind("a", "watch other agents", "a"),
		Matrix:        bind("v", "who sees what: agents, messages", "v"),
		Clock:         bind("t", "time: clock, relative, since …", "t"),
		Wrap:          bind("w", "wrap texts; who-sees: only waiting", "w"),
		Reconnect:     bind("R", "reconnect now", "R"),
		Help:          bind("?", "this help", "?"),
		Quit:          bind("q", "quit", "q"),
		Interrupt:     bind("ctrl+c", "quit at once", "ctrl+c"),
		Suspend:       bind("ctrl+z", "suspend", "ctrl+z"),

		QuickFilter:      bind("f", "filter by the selected event", "f"),
		NextInThread:     bind("o", "next in the thread", "o"),
		PreviousInThread: bind("O", "previous in the thread", "O"),
		Bookmark:         bind("m", "bookmark the event", "m"),
		Bookmarks:        bind("'", "go to a bookmark", "'"),
		Export:           bind("e", "export what is shown", "e"),
		Pager:            bind("P", "open in the pager", "P"),
		Raw:              bind("r", "raw JSON or fields", "r"),
		Mouse:            bind("M", "mouse on or off", "M"),
		ChannelsPane:     bind("1", "show or hide the channels", "1"),
		ListOnly:         bind("2", "the list only", "2"),
		DetailPane:       bind("3", "show or hide the detail", "3"),
		Left:             bind("←", "scroll left; who-sees: agent", "left"),
		Right:            bind("→", "scroll right; who-sees: agent", "right"),

		StepBack:      bind("←", "back by an event", "left"),
		StepForward:   bind("→", "on by an event", "right"),
		MinuteBack:    bind("⇧←", "back by a minute", "shift+left"),
		MinuteForward: bind("⇧→", "on by a minute", "shift+right"),
		Faster:        bind("+ =", "faster", "+", "="),
		Slower:        bind("-", "slower", "-"),
		GoLive:        bind("L", "go live from here", "L"),
		Write:         bind("i", "write, with watch --as AGENT", "i"),
		Edit:          bind("E", "edit one's own message", "E"),
		Delete:        bind("D", "delete one's own message", "D"),
		Why:           bind("W", "why each agent sees it", "W"),
	}
}

// groups are the keys as the help shows them.
func (k *keyMap) groups() []view.HelpGroup {
	group := func(title string, keys ...key.Binding) view.HelpGroup {
		g := view.HelpGroup{Title: title}
		for _, b := range keys {
			if b.Enabled() {
				g.Keys = append(g.Keys, view.Hint{Key: b.Help().Key, Does: b.Help().Desc})
			}
		}
		return g
	}
	return []view.HelpGroup{
		group("MOVE", k.Pause, k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Oldest, k.Newest, k.Older,
			k.Jump, k.Find, k.NextFound, k.PreviousFound, k.NextForMe, k.PreviousForMe, k.NextRule, k.PreviousRule,
			k.NextInThread, k.PreviousInThread, k.Bookmark, k.Bookmarks),
		group("LOOK", k.Inspect, k.ScrollUp, k.ScrollDown, k.Why, k.Copy, k.CopyJSON, k.Clock, k.Wrap,
			k.Raw, k.Pager, k.Export, k.Left, k.Right, k.ChannelsPane, k.ListOnly, k.DetailPane),
		group("CHOOSE", k.Filter, k.QuickFilter, k.Channels, k.Agents, k.Matrix, k.Close),
		group("REPLAY", k.StepBack, k.StepForward, k.MinuteBack, k.MinuteForward, k.Faster, k.Slower, k.GoLive),
		group("WRITE", k.Write, k.Edit, k.Delete),
		group("PROGRAM", k.Reconnect, k.Mouse, k.Help, k.Quit, k.Interrupt, k.Suspend),
	}
}

// hint is a key of the footer: the first of its names, and what it does here.
func hint(b key.Binding, does string) view.Hint {
	label, _, _ := strings.Cut(b.Help().Key, " ")
	return view.Hint{Key: label, Does: does}
}

// pair is two keys of the footer that do the same in two directions.
func pair(a, b key.Binding, does string) view.Hint {
	first, second := hint(a, "").Key, hint(b, "").Key
	if strings.HasPrefix(first, "⇧") {
		second = strings.TrimPrefix(second, "⇧")
	}
	if !strings.ContainsAny(first, "↑↓←→") || !strings.ContainsAny(second, "↑↓←→") {
		first += " "
	}
	return view.Hint{Key: first + second, Does: does}
}
