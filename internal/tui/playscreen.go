package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// playHeader says whose view it is, and how far it was played.
func (m *model) playHeader() view.Header {
	p := m.playback
	h := view.Header{Who: text.Line(m.address), Mode: "REPLAY", Clock: m.now.In(m.o.Location).Format(time.TimeOnly)}
	if m.gaps > 0 {
		h.Gaps = plural(m.gaps, "gap")
	}
	h.Position = fmt.Sprintf("event %d of %d", p.at, p.index.Len())
	if p.index.Len() == 0 {
		h.Clock = ""
	}
	switch {
	case !p.begun && m.conn.phase != live && m.conn.phase != ended:
		h.State, h.Word = m.state()
		h.Position, h.Clock = "", ""
	case !p.read:
		h.Position += "+"
	}
	return h
}

// shortRange is how long a range is at least whose ends need no seconds.
const shortRange = 10 * time.Minute

// playhead is the range, and where the playhead stands in it.
func (m *model) playhead(l view.Layout) *view.Playhead {
	p := m.playback
	begin, end := p.index.Range()
	out := &view.Playhead{At: p.index.Part(m.now)}
	if p.index.Len() == 0 {
		return out
	}
	layout := "15:04"
	if end.Sub(begin) < shortRange {
		layout = time.TimeOnly
	}
	if begin.In(m.o.Location).Format(time.DateOnly) != end.In(m.o.Location).Format(time.DateOnly) {
		layout = "2 Jan 15:04"
	}
	out.Begin, out.End = begin.In(m.o.Location).Format(layout), end.In(m.o.Location).Format(layout)
	out.Bars = p.index.Bars(view.Bars(l.Width, out.Begin, out.End))
	return out
}

// playFooter says whether it plays, how fast, and how long what follows takes.
func (m *model) playFooter(f view.Footer) view.Footer {
	p := m.playback
	pace := p.pacer.Pace()
	speed := speedName(pace.Speed)
	switch {
	case !p.begun:
		f.Status, f.Detail = "READING", plural(p.index.Len(), "event")+" so far"
		if m.conn.phase == lost {
			f.Detail += ", " + failure(m.conn.err)
		}
		return f
	case p.goal.set:
		f.Status, f.Detail = "READING", "to get there: "+plural(p.next, "event")+" so far"
	case p.ended() && p.err != nil:
		f.Status, f.Detail = "END", failure(p.err)
	case p.ended():
		f.Status, f.Detail = "END", hint(m.keys.GoLive, "").Key+" goes live, "+hint(m.keys.Quit, "").Key+" quits"
		switch {
		case m.o.Replay.Live:
		case p.index.Len() == 0:
			f.Detail = hint(m.keys.Quit, "").Key + " quits"
		default:
			f.Detail = hint(m.keys.Pause, "").Key + " plays it again, " + hint(m.keys.Quit, "").Key + " quits"
		}
	case p.paused:
		f.Status, f.Detail = "PAUSED", speed
	default:
		f.Status, f.Detail = "▶ PLAYING "+speed, ""
		if pace.Speed > 0 && pace.MaxIdle > 0 {
			f.Detail = "quiet time capped at " + pace.MaxIdle.String()
		}
	}
	var right []string
	if narrowed := m.filtered(); narrowed != "no filter" {
		right = append(right, narrowed)
	}
	if !p.ended() {
		right = append(right, m.toGo(pace.Speed))
	}
	if i := m.timeline.Selected(); i >= 0 && i < m.timeline.Len()-1 {
		right = append([]string{fmt.Sprintf("%d of %d", i+1, m.timeline.Len())}, right...)
	}
	f.Right = strings.Join(right, "   ")
	return f
}

// toGo says how long the range goes on, and how long that takes to watch.
func (m *model) toGo(speed float64) string {
	_, end := m.playback.index.Range()
	said := span(end.Sub(m.now)) + " to go"
	if speed == 0 {
		return said
	}
	switch left, more := m.left(); {
	case more:
		return said + ", more than " + span(left)
	default:
		return said + ", about " + span(left)
	}
}

// span is a duration to the second.
func span(d time.Duration) string {
	d = max(0, d)
	if d < time.Minute {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return line.Span(d)
}

// speedName is how a speed is called: "10x", "max".
func speedName(speed float64) string {
	if speed == 0 {
		return "max"
	}
	return strconv.FormatFloat(speed, 'g', -1, 64) + "x"
}

// playNotice says why there is nothing to see.
func (m *model) playNotice() []string {
	p := m.playback
	switch {
	case p.err != nil && p.index.Len() == 0:
		return []string{
			"The events of " + text.Line(m.address) + " can not be read: " + failure(p.err) + ".", "",
			hint(m.keys.Agents, "").Key + " plays another agent's, " + hint(m.keys.Quit, "").Key + " quits",
		}
	case !p.begun:
		return []string{"Reading the range: " + plural(p.index.Len(), "event") + " so far."}
	case p.index.Len() == 0:
		return []string{
			"Nothing that " + text.Line(m.address) + " could see happened in this range.", "",
			hint(m.keys.Agents, "").Key + " plays another agent's, " + hint(m.keys.Quit, "").Key + " quits",
		}
	case p.at == 0:
		return []string{
			"This is the beginning, before the first of " + plural(p.index.Len(), "event") + ".", "",
			hint(m.keys.Pause, "").Key + " plays, " + hint(m.keys.StepForward, "").Key + " steps to the first",
		}
	}
	return nil
}

// playHints are the keys that help in a replay.
func (m *model) playHints() []view.Hint {
	k, p := &m.keys, m.playback
	does := "pause"
	if p.paused {
		does = "play"
	}
	if p.ended() {
		does = "play again"
	}
	var hints []view.Hint
	if p.index.Len() > 0 {
		hints = append(hints, hint(k.Pause, does))
	}
	if m.situation.isShown(m) {
		hints = append(hints, hint(k.Matrix, "hide state"), pair(k.ScrollDown, k.ScrollUp, "scroll"))
	}
	if !m.query.Empty() || m.channels.chosen != "" {
		hints = append(hints, hint(k.Close, "clear filter"))
	}
	hints = append(hints, pair(k.StepBack, k.StepForward, "step"), pair(k.MinuteBack, k.MinuteForward, "minute"),
		view.Hint{Key: hint(k.Faster, "").Key + hint(k.Slower, "").Key, Does: "speed"}, hint(k.Jump, "time"))
	if m.found.Empty() {
		hints = append(hints, hint(k.Find, "find"))
	} else {
		hints = append(hints, hint(k.NextFound, "next match"))
	}
	if m.o.Replay.Live {
		hints = append(hints, hint(k.GoLive, "live"))
	}
	return append(hints, hint(k.Quit, "quit"), hint(k.Filter, "filter"), hint(k.Agents, "agent"), hint(k.Help, "help"),
		hint(k.Inspect, "inspect"), hint(k.Matrix, "state"), hint(k.Channels, "channels"), hint(k.Clock, "clock"), hint(k.Wrap, "wrap"), hint(k.Export, "export"))
}
