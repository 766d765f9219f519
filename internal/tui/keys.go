package tui

import (
	"cslack-stream/internal/tui/view"

	"github.com/charmbracelet/bubbles/key"
)

// keyMap are the keys of the view. The help and the footer are made from it.
type keyMap struct {
	Pause, Up, Down, PageUp, PageDown, HalfUp, HalfDown, Oldest, Newest                            key.Binding
	Inspect, Close, ScrollUp, ScrollDown, Copy, CopyJSON                                           key.Binding
	Filter, Find, NextFound, PreviousFound, Jump, NextForMe, PreviousForMe, NextRule, PreviousRule key.Binding
	Older, Channels, Agents                                                                        key.Binding
	Clock, Wrap, Reconnect, Help, Quit, Interrupt, Suspend                                         key.Binding
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
		NextRule:      bind("}", "next gap or day", "}"),
		PreviousRule:  bind("{", "previous gap or day", "{"),
		Channels:      bind("c", "choose a channel", "c"),
		Agents:        bind("a", "watch another agent", "a"),
		Clock:         bind("t", "time: clock, relative, since …", "t"),
		Wrap:          bind("w", "wrap long texts", "w"),
		Reconnect:     bind("R", "reconnect now", "R"),
		Help:          bind("?", "this help", "?"),
		Quit:          bind("q", "quit", "q"),
		Interrupt:     bind("ctrl+c", "quit at once", "ctrl+c"),
		Suspend:       bind("ctrl+z", "suspend", "ctrl+z"),
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
			k.Jump, k.Find, k.NextFound, k.PreviousFound, k.NextForMe, k.PreviousForMe, k.NextRule, k.PreviousRule),
		group("LOOK", k.Inspect, k.ScrollUp, k.ScrollDown, k.Copy, k.CopyJSON, k.Clock, k.Wrap),
		group("CHOOSE", k.Filter, k.Channels, k.Agents, k.Close),
		group("PROGRAM", k.Reconnect, k.Help, k.Quit, k.Interrupt, k.Suspend),
	}
}

// hint is a key of the footer: the first of its names, and what it does here.
func hint(b key.Binding, does string) view.Hint {
	label := b.Help().Key
	for i, r := range label {
		if r == ' ' {
			label = label[:i]
			break
		}
	}
	return view.Hint{Key: label, Does: does}
}
