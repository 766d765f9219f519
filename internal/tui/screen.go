package tui

import (
	"errors"
	"fmt"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// layout says where things are now.
func (m *model) layout() view.Layout {
	return view.Arrange(m.width, m.height, m.inspecting && m.picker == nil && !m.help)
}

// draw draws the screen.
func (m *model) draw() string {
	if m.width == 0 {
		return "" // the size comes first
	}
	return view.Render(m.screen(m.layout()), m.width, m.height)
}

// screen is what there is to see now.
func (m *model) screen(l view.Layout) view.Screen {
	s := view.Screen{Theme: m.o.Theme, Columns: m.columns, Wrap: m.wrap, Header: m.header(l), Footer: m.footer()}
	switch {
	case m.picker != nil:
		s.Pick = m.screenPicker()
	case m.help:
		s.Help = &view.Help{Groups: m.keys.groups(), Scroll: m.helpScroll}
	}
	if !m.watched {
		return s
	}
	s.Tabs, s.News = m.channels.tabs(l.Tabs), "NEW"
	if s.Pick != nil || s.Help != nil {
		return s
	}
	s.List, s.Skip = m.rows(l)
	s.Columns = m.columns
	if len(s.List) == 0 {
		s.Notice = m.notice()
	}
	if m.inspecting {
		s.Inspect = m.inspect()
	}
	return s
}

// wide is the width from which on the header says more.
const wide = 110

func (m *model) header(l view.Layout) view.Header {
	h := view.Header{Who: "cslack-stream", Clock: m.now.In(m.o.Location).Format(time.TimeOnly)}
	if !m.watched {
		h.Word = m.o.Mode
		h.State = view.Good
		return h
	}
	h.Who = text.Name(m.address)
	h.State, h.Word = m.state()
	bars := 9
	if l.Width >= wide {
		bars = 20
	}
	h.Rates, h.Rate = m.meter.bars(bars), m.meter.rate()
	if m.conn.phase == live {
		h.Latency = m.meter.latency(l.Width >= wide)
	}
	if m.gaps > 0 {
		h.Gaps = plural(m.gaps, "gap")
	}
	return h
}

// state says how good the stream is.
func (m *model) state() (view.State, string) {
	since := m.since.In(m.o.Location).Format(time.TimeOnly)
	switch m.conn.phase {
	case live:
		return m.liveState()
	case lost:
		in := max(0, m.conn.retry.Sub(m.now).Round(time.Second))
		return view.Bad, fmt.Sprintf("lost %s, retry %d in %ds", since, m.conn.attempt, in/time.Second)
	case failed:
		return view.Bad, "ended " + since
	case ended:
		return view.Waiting, "ended"
	}
	if m.conn.attempt > 0 {
		return view.Bad, "reconnecting"
	}
	return view.Waiting, "connecting"
}

func (m *model) footer() view.Footer {
	f := view.Footer{Status: "FOLLOWING", Hints: m.hints(), Toast: m.toast}
	if m.prompt != nil {
		f.Prompt = m.screenPrompt()
		return f
	}
	if !m.watched {
		f.Status, f.Detail = "PICK", ""
		return f
	}
	f.Detail = plural(m.timeline.Events(), "event")
	if m.gaps > 0 {
		f.Detail += ", " + plural(m.gaps, "gap")
	}
	if !m.timeline.Following() {
		f.Status = "PAUSED"
		f.Detail = "nothing new"
		if n := m.timeline.New(); n > 0 {
			f.Detail = fmt.Sprintf("+%d new below · %s to follow", n, hint(m.keys.Newest, "").Key)
		}
		if i := m.timeline.Selected(); i >= 0 {
			f.Right = fmt.Sprintf("%d of %d   ", i+1, m.timeline.Len())
		}
	}
	if c := m.conn; c.phase == lost || c.phase == connecting && c.attempt > 0 {
		f.Status = "RECONNECTING"
		f.Detail = "list is complete up to " + m.completeUpTo() + " · " + m.keys.Reconnect.Help().Key + " retries now"
	} else if c.phase == failed {
		f.Status, f.Detail = "ENDED", failure(c.err)
	} else if m.trouble != nil {
		f.Status, f.Detail = "TRYING AGAIN", failure(m.trouble)
	}
	f.Right += m.clockName() + "   " + m.filtered()
	return f
}

// completeUpTo is when the newest event was, or when the stream was lost.
func (m *model) completeUpTo() string { return m.since.In(m.o.Location).Format(time.TimeOnly) }

// filtered says what the list is narrowed to.
func (m *model) filtered() string {
	what := ""
	if c := m.channels.name(); c != "" {
		what = "only " + c
	}
	if !m.query.Empty() {
		if what != "" {
			what += ", "
		}
		what += text.Truncate(text.Name(m.query.String()), 24)
	}
	if what == "" {
		return "no filter"
	}
	return fmt.Sprintf("%s (%d)", what, m.timeline.Shown())
}

// failure is an error in a sentence for the reader.
func failure(err error) string {
	if errors.Is(err, event.ErrForbidden) {
		return "the server does not let this token watch it"
	}
	return text.Name(fmt.Sprint(err))
}

// notice says why there is nothing to see.
func (m *model) notice() []string {
	who := text.Name(m.address)
	switch {
	case m.timeline.Events() > 0:
		what := m.query.String()
		if c := m.channels.name(); c != "" {
			what = "in:" + c + " " + what
		}
		return []string{
			fmt.Sprintf("%d of %s match   %s", m.timeline.Shown(), plural(m.timeline.Events(), "event"), text.Name(what)),
			"", m.keys.Close.Help().Key + " clears the filter",
		}
	case m.conn.phase == failed:
		return []string{
			"The stream of " + who + " can not be watched: " + failure(m.conn.err) + ".", "",
			m.keys.Agents.Help().Key + " watches another agent, " + m.keys.Quit.Help().Key + " quits",
		}
	case m.conn.phase == live && !m.agent.IsZero():
		return append([]string{
			"Connected. Waiting for " + who + "'s next event.", "",
			who + " knows of " + plural(len(m.channels.all), "channel") + ".",
			"",
		}, append(m.saidLast(), fmt.Sprintf("%s shows the last %d events, %s watches another agent",
			label(m.keys.Older), firstPage, label(m.keys.Agents)))...)
	case m.conn.phase == live:
		return append([]string{"Connected. Waiting for the next event.", ""},
			append(m.saidLast(), fmt.Sprintf("%s shows the last %d events", label(m.keys.Older), firstPage))...)
	}
	return []string{"Connecting to " + text.Name(m.o.Where) + " …"}
}

// hints are the keys that help now.
func (m *model) hints() []view.Hint {
	k := &m.keys
	move := view.Hint{Key: "↑↓", Does: "select"}
	switch {
	case m.picker != nil && !m.watched:
		return []view.Hint{{Key: "↑↓", Does: "choose"}, hint(k.Inspect, "watch"), {Key: "type", Does: "to search"}, hint(k.Close, "quit")}
	case m.picker != nil:
		return []view.Hint{{Key: "↑↓", Does: "choose"}, hint(k.Inspect, "take"), {Key: "type", Does: "to search"}, hint(k.Close, "back")}
	case m.prompt != nil && m.prompt.purpose == toJump:
		return []view.Hint{hint(k.Inspect, "go"), hint(k.Close, "back")}
	case m.prompt != nil && m.prompt.purpose == toFind:
		return []view.Hint{hint(k.Inspect, "find"), hint(k.Close, "back"), {Key: "n N", Does: "next and previous, later"}}
	case m.prompt != nil:
		return []view.Hint{hint(k.Inspect, "keep"), hint(k.Close, "undo"), {Key: "", Does: "word from:bob in:#dev to:@bob type:message.* is:dm since:10m -not"}}
	case m.help:
		return []view.Hint{hint(k.Close, "back"), {Key: "↑↓", Does: "scroll"}}
	case m.inspecting:
		return []view.Hint{
			hint(k.Close, "close"),
			{Key: "↑↓", Does: "next event"},
			hint(k.Copy, "copy"), hint(k.CopyJSON, "copy JSON"),
			{Key: "J K", Does: "scroll"},
			hint(k.Newest, "follow"), hint(k.Help, "help"), hint(k.Quit, "quit"),
		}
	}
	pause := "pause"
	if !m.timeline.Following() {
		pause = "follow"
	}
	hints := []view.Hint{hint(k.Pause, pause)}
	if !m.query.Empty() || m.channels.chosen != "" {
		hints = append(hints, hint(k.Close, "clear filter"))
	}
	does := "inspect"
	if row := m.inspected(); row != nil && row.LetGo() {
		does = "load"
	}
	hints = append(hints, move, hint(k.Inspect, does), hint(k.Filter, "filter"))
	if m.conn.phase == lost {
		hints = append([]view.Hint{hint(k.Reconnect, "retry now")}, hints...)
	}
	return append(hints, hint(k.Channels, "channels"), hint(k.Agents, "agent"), hint(k.Help, "help"), hint(k.Quit, "quit"),
		hint(k.Clock, "time"), hint(k.Wrap, "wrap"), hint(k.Copy, "copy"))
}

// ago is how long before now something was.
func (m *model) ago(t time.Time) string { return line.Ago(m.now.Sub(t)) }
