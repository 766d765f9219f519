package tui

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// matrixEvents is how many events who-sees-what begins with, and how many
// rows it holds.
const matrixEvents = 500

// matrix is who sees what: messages against agents. It reads a stream of its
// own, because that of an agent does not say what others see.
type matrix struct {
	feed     *feed
	serial   int
	conn     connection
	since    time.Time
	meter    meter
	timeline *timeline.Timeline
	track    *attention.Track
	view     line.View
	fold     line.Fold

	agents   []event.Agent // the columns
	column   map[event.Agent]int
	active   map[event.Agent]time.Time // when they were last heard of
	settled  bool                      // the columns keep their order
	selected int                       // of the columns

	addressed map[address]bool // known so far
	waiting   bool             // show only what waits for anybody
	untold    bool             // the source does not say who may see what

	inspecting bool
	scroll     int
}

// address is a message and somebody to whom it may be addressed.
type address struct {
	record *line.Record
	agent  event.Agent
}

// matrixNews is a batch of the stream of who sees what.
type matrixNews batch

func (x *matrix) collect() tea.Cmd {
	next := collect(x.feed, x.serial)
	return func() tea.Msg {
		b, _ := next().(batch)
		return matrixNews(b)
	}
}

// openMatrix shows who sees what.
func (m *model) openMatrix() tea.Cmd {
	m.matrices++
	o := m.o.Bounds
	o.Events = matrixEvents
	x := &matrix{
		serial: m.matrices, since: m.now, timeline: timeline.New(o), track: attention.New(event.Agent{}), view: line.View{Names: m.names},
		column: make(map[event.Agent]int), active: make(map[event.Agent]time.Time), addressed: make(map[address]bool),
	}
	x.join(m.o.Infos)
	if m.o.LastActive != nil {
		for _, i := range m.o.Infos {
			x.active[i.Key()], _ = m.o.LastActive(i)
		}
	}
	x.feed = startFeed(m.o.Source, event.Request{Operator: true, Audience: true}, matrixEvents, m.o.Now)
	m.feeds = slices.DeleteFunc(m.feeds, (*feed).ended)
	m.feeds = append(m.feeds, x.feed)
	m.matrix = x
	return tea.Batch(x.collect(), m.listAgents())
}

func (m *model) closeMatrix() {
	m.matrix.feed.cancel()
	m.matrix = nil
}

// takeMatrix takes in what the stream of who sees what told.
func (m *model) takeMatrix(b matrixNews) tea.Cmd {
	x := m.matrix
	if x == nil || b.serial != x.serial {
		m.dirty = false
		return nil
	}
	m.now = b.at
	rejudge := false
	for _, n := range b.news {
		switch {
		case n.state != nil:
			if n.state.phase == failed {
				m.closeMatrix()
				return m.say(refusal(n.state.err))
			}
			if n.state.phase == live && !x.settled {
				x.settle(m.agents)
			}
			x.conn, x.since = *n.state, b.at
		case n.gap != nil:
			x.track.Miss()
			x.timeline.AppendGap(timeline.Missing{Count: n.gap.Count, Reason: n.gap.Reason})
		default:
			for _, e := range n.events {
				rejudge = x.take(e, m.names) || rejudge
				if x.conn.phase == live && !e.Backfilled {
					x.meter.add(e.CreatedAt, b.at)
				}
			}
		}
	}
	if rejudge && x.waiting {
		x.narrow()
	}
	if b.closed {
		return nil
	}
	return x.collect()
}

// refusal says why there is no who-sees-what.
func refusal(err error) string {
	if errors.Is(err, event.ErrForbidden) {
		return "who sees what is for operators: this access does not show what others see"
	}
	return "who sees what can not be shown: " + failure(err)
}

// take takes in an event. It reports whether something may not wait any more.
func (x *matrix) take(e *event.Event, names *line.Names) (rejudge bool) {
	names.Learn(e)
	x.view.Names = names
	r := x.view.Record(e)
	if x.fold.Hides(r) {
		return false
	}
	x.track.Take(r, false)
	if !r.From.IsZero() {
		x.add(r.From)
		x.active[r.From] = r.Time()
	}
	switch r.Type() {
	case event.MessageNew, event.DMReceived:
		if e.Audience == nil && r.IsMessage {
			x.untold = true
		}
	case event.MemberJoined, event.MemberLeft:
	case event.AgentChecked, event.MessageDeleted:
		return true
	default:
		return false
	}
	x.timeline.Append(r)
	return false
}

// join takes in the agents that there are.
func (x *matrix) join(infos []event.AgentInfo) {
	x.track.Start(infos)
	for _, i := range infos {
		x.add(i.Key())
	}
}

// add makes a column for an agent, unless it has one.
func (x *matrix) add(a event.Agent) {
	if _, ok := x.column[a]; !ok && a != line.System {
		x.column[a] = len(x.agents)
		x.agents = append(x.agents, a)
	}
}

// settle orders the columns, once: the watched agents first, then those that
// were last heard of.
func (x *matrix) settle(watched []event.Agent) {
	x.settled = true
	first := func(a event.Agent) int {
		if i := slices.Index(watched, a); i >= 0 {
			return i
		}
		return len(watched)
	}
	slices.SortStableFunc(x.agents, func(a, b event.Agent) int {
		return cmp.Or(cmp.Compare(first(a), first(b)), x.active[b].Compare(x.active[a]), strings.Compare(a.String(), b.String()))
	})
	for i, a := range x.agents {
		x.column[a] = i
	}
}

// narrow shows what waits for anybody, or everything.
func (x *matrix) narrow() {
	if !x.waiting {
		x.timeline.SetFilter(nil)
		return
	}
	x.timeline.SetFilter(func(r *line.Record) bool { return x.track.Waits(event.Agent{}, r) })
	for x.timeline.Refilter(matrixEvents) {
	}
}

// addresses tells whether a message is addressed to an agent.
func (x *matrix) addresses(a event.Agent, r *line.Record) bool {
	const most = 50_000
	key := address{r, a}
	is, known := x.addressed[key]
	if !known {
		if len(x.addressed) >= most {
			clear(x.addressed)
		}
		is = x.view.Names.Addresses(a, r)
		x.addressed[key] = is
	}
	return is
}

// backlog says what waits for an agent: "alice: 4 waiting, 2 addressed to it
// · oldest 2m05s".
func (x *matrix) backlog(a event.Agent, name string, now time.Time) string {
	b := x.track.Backlog(a)
	if b.Total == 0 {
		return ""
	}
	said := fmt.Sprintf("%s: %d", name, b.Total)
	if b.More {
		said += "+"
	}
	said += " waiting"
	n := 0
	for i := range x.timeline.Len() {
		if r := x.timeline.At(i).Record; r != nil && x.track.Grade(a, r, now).Waiting() && x.addresses(a, r) {
			n++
		}
	}
	if n > 0 {
		said += fmt.Sprintf(", %d addressed to it", n)
	}
	return said + " · oldest " + line.Span(max(0, now.Sub(b.Oldest)))
}
