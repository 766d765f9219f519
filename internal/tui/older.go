package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

const (
	// olderPage is how many events are loaded at a time, and firstPage how
	// many into an empty list.
	olderPage = 500
	firstPage = 50
	// loadTime is how long loading may take.
	loadTime = 30 * time.Second
)

// older are events from before the oldest one of the list.
type older struct {
	serial int
	before event.Cursor // what was the oldest of the list then
	asked  int
	events []*event.Event
	err    error
}

// missing are events of a gap.
type missing struct {
	serial int
	key    uint64 // of the gap
	events []*event.Event
	up     event.Cursor // behind the last one; zero if the gap ends there
	err    error
}

// latest is the last thing that happened before the view was opened.
type latest struct {
	serial int
	events []*event.Event
}

// reach is how far back events were loaded: those from a cursor on lie above
// the oldest one of the list, or were not to be shown. end tells that there
// are no others.
type reach struct {
	oldest, from event.Cursor
	end          bool
}

// past is the stream without where it begins: all that there was.
func (f *feed) past() event.Request {
	req := f.asked
	req.After, req.Since, req.Follow = event.Cursor{}, time.Time{}, false
	return req
}

// loadOlder loads events from before the oldest one.
func (m *model) loadOlder() tea.Cmd {
	source, ok := m.o.Source.(event.Backwards)
	before, at, n := m.oldest(), m.cursor, firstPage
	if !before.IsZero() {
		at, n = before, olderPage
	}
	known := m.reached.oldest == before && !m.reached.from.IsZero()
	if known {
		at = m.reached.from
	}
	if known || !before.IsZero() {
		at.Offset--
	}
	switch {
	case m.loading || m.feed == nil:
		return nil
	case !ok:
		return m.say("this source can not look back")
	case at.IsZero():
		return m.say("not connected yet")
	case m.reached.end && m.reached.oldest == before:
		m.timeline.SetEdge(timeline.Oldest)
		return m.say("there are no older events")
	case m.timeline.Full():
		return m.say(fmt.Sprintf("the list is full: %s goes to its oldest row, %s loads more there", hint(m.keys.Oldest, "").Key, hint(m.keys.Older, "").Key))
	}
	m.loading = true
	m.timeline.SetEdge(timeline.Loading)
	serial, req := m.serial, m.feed.past()
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), loadTime)
		defer cancel()
		events, err := source.Before(ctx, req, at, n)
		return older{serial, before, n, events, err}
	}
}

// takeOlder puts older events above the list.
func (m *model) takeOlder(o older) tea.Cmd {
	if o.serial != m.serial {
		return nil
	}
	m.loading = false
	var gone *event.GapError
	if o.err != nil && !errors.As(o.err, &gone) {
		m.timeline.SetEdge(timeline.NoEdge)
		return m.say("older events can not be loaded: " + failure(o.err))
	}
	if m.oldest() != o.before {
		m.timeline.SetEdge(timeline.NoEdge)
		return m.loadOlder() // the list has changed meanwhile: these would not fit
	}
	records := m.records(o.events)
	m.timeline.Prepend(records)
	m.reached = reach{oldest: m.oldest(), end: len(o.events) < o.asked}
	if len(o.events) > 0 {
		m.reached.from = o.events[0].Cursor
	}
	switch {
	case m.reached.end:
		m.timeline.SetEdge(timeline.Oldest)
	case len(records) == 0:
		return m.loadOlder() // none of them is to be shown
	default:
		m.timeline.SetEdge(timeline.NoEdge)
	}
	if len(records) == 0 {
		return m.say("there are no older events")
	}
	return m.say(plural(len(records), "older event") + " loaded")
}

// oldest is the cursor of the oldest event of the list; zero if it has none.
func (m *model) oldest() event.Cursor {
	if r := m.timeline.Oldest(); r != nil {
		return r.Event.Cursor
	}
	return event.Cursor{}
}

// records are events in words, as far as they are to be shown at all.
func (m *model) records(events []*event.Event) []*line.Record {
	var fold line.Fold
	var out []*line.Record
	for _, e := range events {
		m.names.Learn(e)
		r := m.view.Record(e)
		if fold.Hides(r) || m.o.Admit != nil && !m.o.Admit(r) {
			continue
		}
		m.channels.note(r, false)
		out = append(out, r)
	}
	return out
}

// loadMissing loads what is missing at a gap.
func (m *model) loadMissing(gap *timeline.Row) tea.Cmd {
	if m.loading {
		return nil
	}
	m.loading = true
	serial, source, req, key, to := m.serial, m.o.Source, m.feed.past(), gap.Key, gap.Missing.To
	req.After = gap.Missing.From
	load := func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), loadTime)
		defer cancel()
		events, up, err := readUpTo(ctx, source, req, to, olderPage)
		return missing{serial, key, events, up, err}
	}
	return tea.Batch(m.say("loading what is missing…"), load)
}

// takeMissing puts events in the place of a gap.
func (m *model) takeMissing(f missing) tea.Cmd {
	if f.serial != m.serial {
		return nil
	}
	m.loading = false
	if gap, ok := errors.AsType[*event.GapError](f.err); ok {
		m.timeline.Lose(f.key, gap.Reason)
		return m.say("what is missing here is no longer retained")
	}
	if f.err != nil {
		return m.say("what is missing can not be loaded: " + failure(f.err))
	}
	records := m.records(f.events)
	m.timeline.Fill(f.key, records, f.up)
	return m.say(plural(len(records), "event") + " loaded")
}

// readUpTo reads up to n events of a stream until it reaches a cursor. up is
// behind the last one, and zero if the cursor was reached.
func readUpTo(ctx context.Context, source event.Source, req event.Request, to event.Cursor, n int) (all []*event.Event, up event.Cursor, err error) {
	s, err := source.Subscribe(ctx, req)
	if err != nil {
		return nil, up, err
	}
	defer s.Close()
	for {
		events, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, event.Cursor{}, nil
		}
		if err != nil {
			return nil, up, err
		}
		for _, e := range events {
			if e.Cursor.Epoch == to.Epoch && e.Cursor.Offset >= to.Offset {
				return all, event.Cursor{}, nil
			}
			if len(all) == n {
				return all, all[n-1].Cursor, nil
			}
			all = append(all, e)
		}
	}
}

// lookForLatest asks for the last thing that happened, to have something to
// say while there is nothing to show.
func (m *model) lookForLatest() tea.Cmd {
	source, ok := m.o.Source.(event.Backwards)
	if !ok || m.latest != nil || m.timeline.Events() > 0 || m.cursor.IsZero() {
		return nil
	}
	serial, req, at := m.serial, m.feed.past(), m.cursor
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), askTime)
		defer cancel()
		events, err := source.Before(ctx, req, at, 1)
		if err != nil {
			return nil
		}
		return latest{serial, events}
	}
}

func (m *model) takeLatest(l latest) {
	if l.serial != m.serial {
		return
	}
	if records := m.records(l.events); len(records) > 0 {
		m.latest = records[0]
	}
}

// saidLast says what the last thing that happened was.
func (m *model) saidLast() []string {
	r := m.latest
	if r == nil {
		return nil
	}
	at := r.Time().In(m.o.Location)
	said := r.Line()
	if first, _, more := strings.Cut(said, "\n"); more {
		said = first + " …"
	}
	return []string{
		"The last thing that happened here was " + m.ago(r.Time()) + ":",
		fmt.Sprintf("  %s %s  %s  %s", at.Format("15:04"), r.Where, r.Who, said), "",
	}
}
