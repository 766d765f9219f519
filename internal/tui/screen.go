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
	return view.Arrange(m.width, m.height, view.Panes{
		Inspect: m.inspecting && m.picker == nil && m.help == nil, NoChannels: m.noChannels, Playhead: m.playback != nil, Tip: m.screenTip() != "",
	})
}

// draw draws the screen.
func (m *model) draw() string {
	if m.width == 0 {
		return "" // the size comes first
	}
	if m.matrix != nil && m.help == nil {
		return view.Render(m.screenMatrix(), m.width, m.height)
	}
	return view.Render(m.screen(m.layout()), m.width, m.height)
}

// screen is what there is to see now.
func (m *model) screen(l view.Layout) view.Screen {
	s := view.Screen{Theme: m.o.Theme, Columns: m.columns, Wrap: m.wrap, Header: m.header(l), Footer: m.footer()}
	switch {
	case m.picker != nil:
		s.Pick = m.screenPicker()
	case m.help != nil:
		s.Help = m.screenHelp()
	}
	if !m.watched {
		return s
	}
	if m.playback != nil {
		s.Playhead = m.playhead(l)
	}
	counted := m.tally()
	s.Tabs, s.News, s.Channels = m.channels.tabs(l.Tabs, counted), counted.word, hint(m.keys.Channels, "channels")
	s.NoChannels = m.noChannels
	if s.Pick != nil || s.Help != nil {
		return s
	}
	if l.Channels > 0 {
		s.Session, s.Bookmarks = m.session(), m.screenBookmarks()
		s.Agents = m.present(l.AgentsRoom(len(s.Tabs)+view.SectionHeight(len(s.Bookmarks)), len(s.Session)))
	}
	s.List, s.Skip = m.rows(l)
	s.Shift = m.shift
	s.Columns = m.columns
	if len(s.List) == 0 || onlyChecks(s.List) {
		s.List = nil
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
	if m.playback != nil {
		return m.playHeader()
	}
	h.Who = text.Line(m.address)
	if who := m.author(); who != "" {
		h.Writing = "writing as " + text.Truncate(who, 32)
	}
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
	if m.conn.phase == live {
		return m.liveState()
	}
	return m.stateOf(m.conn, m.since)
}

// stateOf says how good a stream is that is so since then.
func (m *model) stateOf(c connection, from time.Time) (view.State, string) {
	return c.words(m.o.Mode, from.In(m.o.Location), m.now)
}

func (m *model) footer() view.Footer {
	f := view.Footer{Status: "FOLLOWING", Hints: m.hints(), Toast: m.toast, Tip: m.screenTip()}
	if m.prompt != nil {
		f.Prompt = m.screenPrompt()
		return f
	}
	if !m.watched {
		f.Status, f.Detail = "PICK", ""
		return f
	}
	if m.playback != nil {
		return m.playFooter(f)
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
		f.Detail = m.completeUpTo() + " · " + hint(m.keys.Reconnect, "").Key + " retries now"
	} else if c.phase == failed {
		f.Status, f.Detail = "ENDED", failure(c.err)
	} else if m.trouble != nil {
		f.Status, f.Detail = "TRYING AGAIN", failure(m.trouble)
	}
	f.Right += m.clockName() + "   " + m.filtered()
	if where := text.Line(m.o.Where) + "   "; text.Width(" "+f.Status+"   "+f.Detail+"   "+where+f.Right+" ") <= m.width {
		f.Right = where + f.Right
	}
	return f
}

// completeUpTo says until when nothing is missing from the list: until the
// stream was lost, unless it had not told everything by then.
func (m *model) completeUpTo() string {
	if !m.complete {
		return "list is not complete yet"
	}
	return "list is complete up to " + m.since.In(m.o.Location).Format(time.TimeOnly)
}

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
		what += text.Truncate(text.Line(m.query.String()), 24)
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
	return text.Line(fmt.Sprint(err))
}

// notice says why there is nothing to see.
func (m *model) notice() []string {
	who := text.Line(m.address)
	switch {
	case m.timeline.Events() > 0:
		what := m.query.String()
		if c := m.channels.name(); c != "" {
			what = "in:" + c + " " + what
		}
		said := []string{fmt.Sprintf("%d of %s match   %s", m.timeline.Shown(), plural(m.timeline.Events(), "event"), text.Line(what)), ""}
		if meant := m.didYouMean(); meant != "" {
			said = append(said, "Did you mean   "+meant)
		}
		if m.query.NeedsWaiting() && !m.agent.IsZero() && !m.attention.Known(m.agent) {
			said = append(said, "No check of "+who+" was ever recorded: what waits for it is not known.")
		}
		return append(said, hint(m.keys.Close, "").Key+" clears the filter")
	case m.playback != nil:
		return m.playNotice()
	case m.conn.phase == failed:
		return []string{
			"The stream of " + who + " can not be watched: " + failure(m.conn.err) + ".", "",
			hint(m.keys.Agents, "").Key + " watches another agent, " + hint(m.keys.Quit, "").Key + " quits",
		}
	case m.conn.phase == live && !m.agent.IsZero():
		return append([]string{
			"Connected. Waiting for " + who + "'s next event.", "",
			who + m.knows() + plural(len(m.channels.all), "channel") + ".",
			"",
		}, append(m.saidLast(), fmt.Sprintf("%s shows the last %d events, %s watches another agent",
			hint(m.keys.Older, "").Key, firstPage, hint(m.keys.Agents, "").Key))...)
	case m.conn.phase == live:
		return append([]string{"Connected. Waiting for the next event.", ""},
			append(m.saidLast(), fmt.Sprintf("%s shows the last %d events", hint(m.keys.Older, "").Key, firstPage))...)
	}
	return []string{"Connecting to " + text.Line(m.o.Where) + " …"}
}

// hints are the keys that help now.
func (m *model) hints() []view.Hint {
	k := &m.keys
	move := pair(k.Up, k.Down, "select")
	// What is typed has its own keys, whatever those of the list are.
	choose := view.Hint{Key: "↑↓", Does: "choose"}
	enter := func(does string) view.Hint { return view.Hint{Key: "enter", Does: does} }
	esc := func(does string) view.Hint { return view.Hint{Key: "esc", Does: does} }
	switch {
	case m.picker != nil && !m.watched:
		return m.pickHints("quit")
	case m.picker != nil && m.picker.agents:
		return m.pickHints("back")
	case m.picker != nil:
		return []view.Hint{choose, enter("take"), {Key: "type", Does: "to search"}, esc("back")}
	case m.prompt != nil && m.prompt.letter != nil:
		return m.letterHints()
	case m.prompt != nil && m.prompt.purpose == toJump:
		return []view.Hint{enter("go"), esc("back")}
	case m.prompt != nil && m.prompt.purpose == toExport:
		return []view.Hint{enter("write"), esc("back")}
	case m.prompt != nil && m.prompt.purpose == toFind:
		return []view.Hint{enter("find"), esc("back"), pair(k.NextFound, k.PreviousFound, "next and previous, later")}
	case m.prompt != nil:
		return []view.Hint{enter("keep"), esc("undo"), {Key: "", Does: m.exampleSeen() + "word from:bob in:#dev to:@bob type:message.* is:dm since:10m -not"}}
	case m.help != nil && m.help.searching:
		return []view.Hint{esc("all keys"), enter("back"), {Key: "↑↓", Does: "scroll"}}
	case m.help != nil:
		return []view.Hint{hint(k.Close, "back"), pair(k.Up, k.Down, "scroll"), hint(k.Filter, "search")}
	case m.inspecting && !m.situation.isShown(m):
		return []view.Hint{
			hint(k.Close, "close"),
			pair(k.Up, k.Down, "next event"),
			pair(k.ScrollDown, k.ScrollUp, "scroll"), hint(k.Help, "help"),
			hint(k.Copy, "copy"), hint(k.Raw, m.rawHint()), hint(k.CopyJSON, "copy JSON"),
			hint(k.Newest, "follow"), hint(k.Quit, "close"), hint(k.Pager, "pager"), hint(k.Bookmark, "bookmark"),
		}
	}
	if m.playback != nil {
		return m.playHints()
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
	hints = append(hints, move, hint(k.Inspect, does), hint(k.Filter, "filter"), hint(k.Help, "help"))
	if m.conn.phase == lost {
		hints = append([]view.Hint{hint(k.Reconnect, "retry now")}, hints...)
	}
	return append(hints, hint(k.Matrix, "who-sees"), hint(k.Agents, "agent"), hint(k.Quit, "quit"),
		hint(k.Channels, "channels"), hint(k.Clock, "time"), hint(k.Wrap, "wrap"), hint(k.Copy, "copy"), hint(k.Export, "export"), hint(k.Bookmark, "bookmark"))
}

// rawHint is what the key for JSON does to what is inspected.
func (m *model) rawHint() string {
	if m.raw {
		return "in words"
	}
	return "raw JSON"
}

// ago is how long before now something was.
func (m *model) ago(t time.Time) string { return line.Ago(m.now.Sub(t)) }
