package tui

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"
)

// Columns grow with what is in view up to a maximum, and never shrink.
const (
	minWhere, maxWhere = 8, 14
	minWho, maxWho     = 6, 12
)

// clock is how the times of rows are shown.
type clock uint8

const (
	clockTime clock = iota
	clockRelative
	clockDelta
	clockFull
	clockNone
	clocks
)

// clockOf is the clock that lines have by that name.
func clockOf(c line.Clock) clock {
	switch c {
	case line.ClockRelative:
		return clockRelative
	case line.ClockDelta:
		return clockDelta
	case line.ClockISO:
		return clockFull
	case line.ClockNone:
		return clockNone
	}
	return clockTime
}

func (c clock) next() clock { return (c + 1) % clocks }

// clockName is how the clock is called.
func (m *model) clockName() string {
	switch m.clock {
	case clockRelative:
		return "relative time"
	case clockDelta:
		return "time since the row before"
	case clockNone:
		return "no time"
	}
	if m.o.Location == time.Local {
		return "local time"
	}
	return m.o.Location.String() + " time"
}

const fullLayout = "2006-01-02 15:04:05.000"

func (c clock) width() int {
	switch c {
	case clockFull:
		return len(fullLayout)
	case clockNone:
		return 0
	}
	return len(time.TimeOnly)
}

// timeOf is the time column of a row; before is the event shown before it.
func (m *model) timeOf(r *timeline.Row, before func() *timeline.Row) string {
	at := r.Record.Time()
	switch m.clock {
	case clockRelative:
		return line.Ago(m.now.Sub(at))
	case clockDelta:
		b := before()
		if b == nil {
			return ""
		}
		return "+" + line.Span(max(0, at.Sub(b.Record.Time())))
	case clockNone:
		return ""
	case clockFull:
		return at.In(m.o.Location).Format(fullLayout)
	}
	return at.In(m.o.Location).Format(time.TimeOnly)
}

// row is r as it is drawn.
func (m *model) row(r *timeline.Row) view.Row {
	switch r.Kind {
	case timeline.Day:
		return view.Row{Kind: view.DayRule, Text: r.Day.Format("Mon 2 Jan 2006")}
	case timeline.Quiet:
		return view.Row{Kind: view.QuietRule, Text: "quiet for " + line.Span(r.Lasted)}
	case timeline.Gap:
		return view.Row{Kind: view.GapRule, Text: m.missing(r.Missing)}
	case timeline.Check:
		return view.Row{Kind: view.CheckRule, Text: m.checkRule(r)}
	case timeline.AtEdge:
		return view.Row{Kind: view.EdgeRule, Text: edgeText(r.Edge)}
	}
	rec := r.Record
	out := view.Row{
		Time: m.timeOf(r, func() *timeline.Row { return m.timeline.Before(r.Key) }),
		Seen: rec.Gutter(), Where: rec.Where, Who: rec.Who, WhoColor: line.ColorOf(rec.Sender),
		Text: rec.Line(), Flag: flag(rec), Quiet: !rec.HasContent(),
	}
	out.Marked = m.bookmarks.has(rec)
	if out.Flag == "" {
		out.Flag = m.replies(rec)
	}
	return out
}

// edgeText says what is above the oldest event.
func edgeText(e timeline.Edge) string {
	if e == timeline.Loading {
		return fmt.Sprintf("loading %d older events…", olderPage)
	}
	return "this is the oldest event that is kept"
}

// missing says what a gap lacks.
func (m *model) missing(g *timeline.Missing) string {
	what := "gap: an unknown number of events missed"
	if g.Count >= 0 {
		what = "gap: " + plural(int(g.Count), "event") + " missed"
	}
	clock := func(t time.Time) string { return t.In(m.o.Location).Format(time.TimeOnly) }
	if g.Reason == "" {
		return plural(int(g.Count), "event") + " let go while paused, too many to hold · " + hint(m.keys.Inspect, "").Key + " loads them"
	}
	switch {
	case !g.After.IsZero() && !g.Before.IsZero():
		what += " " + clock(g.After) + "–" + clock(g.Before)
	case !g.After.IsZero():
		what += " after " + clock(g.After)
	}
	switch g.Reason {
	case event.GapTrimmed:
		return what + ", no longer retained"
	case event.GapEpoch:
		return what + ", the event log began anew"
	case event.GapNotHeld:
		return what + ", not shown when this was recorded"
	}
	return what
}

// flag is the mark at the right of a row.
func flag(r *line.Record) string {
	switch {
	case r.Type() == event.MessageDeleted:
		return "del"
	case r.HasContent() && priority(r) == "high":
		return "!"
	case r.Addressed && r.HasContent():
		return "@"
	case r.Type() == event.MessageEdited:
		return "ed"
	case r.Sent && isDirect(r) && r.HasContent():
		return "sent"
	}
	return confidence(r)
}

// confidence is that of a note: "c.90".
func confidence(r *line.Record) string {
	if !r.IsMessage || bytes.Contains(r.Event.Payload, []byte(`"confidence":null`)) {
		return ""
	}
	m := r.Details()
	if m == nil || len(m.Confidence) == 0 {
		return ""
	}
	var c float64
	if _, err := fmt.Sscan(strings.Trim(string(m.Confidence), `"`), &c); err != nil || c < 0 || c > 1 {
		return ""
	}
	if c == 1 {
		return "c1.0"
	}
	return "c" + strings.TrimPrefix(fmt.Sprintf("%.2f", c), "0")
}

// rows are the rows in view, and how many lines of the first are above.
func (m *model) rows(l view.Layout) ([]view.Row, int) {
	window, skip := m.timeline.Window(l.ListHeight, m.heights(l))
	selected := uint64(0)
	if i := m.timeline.Selected(); i >= 0 {
		selected = m.timeline.At(i).Key
	}
	out := make([]view.Row, len(window))
	for i, r := range window {
		out[i] = m.row(r)
		out[i].Selected = r.Key == selected
		m.columns.Where = min(max(m.columns.Where, text.Width(out[i].Where)), maxWhere)
		m.columns.Who = min(max(m.columns.Who, text.Width(out[i].Who)), maxWho)
	}
	return out, skip
}
