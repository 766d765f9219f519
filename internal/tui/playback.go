package tui

import (
	"slices"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// Replay says how a range of the past is played.
type Replay struct {
	Pace replay.Pace
	// At is where the playhead stands at first, paused. The zero time plays
	// from the beginning.
	At time.Time
	// Derived tells that nothing was recorded: the events were made from the
	// tables as they are now.
	Derived bool
	// Live tells that the source goes on behind the range, so that the reader
	// can go live.
	Live bool
}

// playback is a range of the past with a playhead in it. The list shows what
// is before the playhead, and the clock of the view is the moment that it has
// reached: what is before it, and nothing else, is known.
type playback struct {
	pacer  *replay.Pacer
	index  replay.Index
	gaps   map[int]timeline.Missing // by the number of the event behind them
	read   bool                     // all of the range has been read once
	err    error                    // what ended it early
	at     int                      // how many events have been played
	begun  bool                     // there is something to see
	paused bool
	ticks  int       // the tick that is waited for: older ones are not heard
	wall   time.Time // of the last tick or batch
	hungry bool      // it waits for more to be read
	rest   rest

	// held are some events of the range in their order, the first of which has
	// the number from. Where a range is larger than what is held, others are
	// read again when the playhead gets there.
	held    []*line.Record
	from    int
	bytes   int64
	next    int  // the number of the event that is read next
	filling bool // they are being read again
	stale   bool // the list shows what was held before
	goal    goal
}

// goal is where the playhead is to go when what is there has been read.
type goal struct {
	set bool
	n   int       // behind so many events…
	at  time.Time // …or, if this is set, before what happened then
}

// startPlayback begins anew, and goes to that time. There it pauses, unless
// it was playing.
func (m *model) startPlayback(at time.Time, paused bool) {
	p := &playback{pacer: replay.NewPacer(m.o.Replay.Pace), gaps: make(map[int]timeline.Missing), paused: paused, wall: m.now}
	if before := m.playback; before != nil {
		p.pacer, p.wall, p.ticks = replay.NewPacer(before.pacer.Pace()), before.wall, before.ticks+1
	}
	p.goal = goal{set: !at.IsZero(), at: at}
	m.playback = p
	m.quiet()
}

// takeRange takes in what the feed told of the range.
func (m *model) takeRange(b batch) tea.Cmd {
	p := m.playback
	p.wall = b.at
	full := false
	for _, n := range b.news {
		switch {
		case n.state != nil:
			m.connect(*n.state, b.at)
			if n.state.phase == ended || n.state.phase == failed {
				m.endRange(n.state.err)
			}
		case n.gap != nil:
			if _, known := p.gaps[p.next]; !known {
				m.gaps++
				p.gaps[p.next] = timeline.Missing{Count: n.gap.Count, Reason: n.gap.Reason}
			}
		default:
			full = m.hold(n.events) || full
		}
	}
	if p.filling && full {
		p.filling = false
		m.feed.cancel()
		m.serial++
		return m.begin()
	}
	cmds := []tea.Cmd{m.begin()}
	if !b.closed && b.serial == m.serial { // else another part is being read
		cmds = append(cmds, collect(m.feed, m.serial))
	}
	return tea.Batch(cmds...)
}

// begin shows the first of what was read, as soon as it is enough, or goes on
// where it was waited for.
func (m *model) begin() tea.Cmd {
	p := m.playback
	switch {
	case p.filling:
		return nil
	case p.goal.set && (p.read || m.holds(p.goal)):
		to := p.goal
		p.goal, p.begun = goal{}, true
		return m.moveTo(to)
	case p.goal.set:
		return nil
	case !p.begun && (p.read || p.next > len(p.held)):
		p.begun = true
		m.now, _ = p.index.Range()
		return m.playOn()
	case p.hungry:
		return m.playOn()
	}
	return nil
}

// rewind takes everything back to before the first event that is held.
func (m *model) rewind() {
	p := m.playback
	m.timeline = m.newTimeline()
	m.timeline.SetFilter(m.filter())
	m.quiet()
	chosen := m.channels.chosen
	m.channels, m.presence = channels{chosen: chosen}, presence{}
	m.attention, m.rejudge = attention.New(m.agent), false
	p.at, p.stale, p.rest.known = p.from, false, false
}

func (m *model) newTimeline() *timeline.Timeline { return timeline.New(m.o.Bounds) }

// playNext moves the playhead over the next event, if it is held.
func (m *model) playNext() bool {
	p := m.playback
	i := p.at - p.from
	if i < 0 || i >= len(p.held) {
		return false
	}
	r := p.held[i]
	if gap, ok := p.gaps[p.at]; ok {
		m.timeline.AppendGap(gap)
	}
	p.rest.time -= p.pacer.Pace().Wait(r.Time().Sub(m.now))
	p.at++
	m.now, m.cursor, m.events = r.Time(), r.Event.Cursor, p.at
	if !m.attend(r) {
		m.timeline.Append(r)
		m.channels.note(r, true)
		m.channels.follow(r, m.agents)
	}
	m.appendLastGap()
	return true
}

// endRange takes in that there is nothing more to read.
func (m *model) endRange(err error) {
	p := m.playback
	before := p.read
	if p.read, p.filling = true, false; p.err == nil {
		p.err = err
	}
	if m.quiet(); !before && p.at > 0 {
		m.appendLastGap()
	}
}

// appendLastGap adds the gap behind the last event, where the playhead is
// there: no event follows that it would be before.
func (m *model) appendLastGap() {
	p := m.playback
	if gap, ok := p.gaps[p.at]; ok && p.ended() {
		m.timeline.AppendGap(gap)
	}
}

// moveTo moves the playhead.
func (m *model) moveTo(to goal) tea.Cmd {
	p := m.playback
	if !to.at.IsZero() {
		return m.moveToTime(to.at)
	}
	n := min(max(to.n, 0), p.index.Len())
	if !m.holds(goal{n: n}) && m.canLoad(n) {
		return m.load(n, goal{set: true, n: n})
	}
	return m.place(n)
}

// moveToTime moves the playhead to before the first event that happened at t or
// later. The clock shows t, as far as that is within the range.
func (m *model) moveToTime(t time.Time) tea.Cmd {
	p := m.playback
	begin, end := p.index.Range()
	if t.Before(begin) {
		t = begin
	}
	if t.After(end) {
		t = end.Add(time.Millisecond) // behind all
	}
	n, ok := p.firstAt(t)
	if mark := p.index.BeforeTime(t).N; !ok || !m.isBelow(n-p.from) {
		around := max(n, mark)
		if ok {
			around = min(n, mark)
		}
		if m.canLoad(around) {
			return m.load(around, goal{set: true, at: t})
		}
	}
	cmd := m.put(n)
	if m.now = t; t.After(end) {
		m.now = end
	}
	p.rest.known = false
	return tea.Batch(cmd, m.askSituation())
}

// firstAt is the number of the first event that happened at t or later, as far
// as is held; ok tells whether there is one, or none at all.
func (p *playback) firstAt(t time.Time) (n int, ok bool) {
	i := slices.IndexFunc(p.held, func(r *line.Record) bool { return !r.Time().Before(t) })
	if i < 0 {
		n = p.from + len(p.held)
		return n, p.read && n >= p.index.Len()
	}
	return p.from + i, true
}

// place moves the playhead behind the first n events, as near as what is held
// allows. What comes next is due at once.
func (m *model) place(n int) tea.Cmd { return tea.Batch(m.put(n), m.askSituation()) }

// put moves the playhead as place does, to where nobody stays.
func (m *model) put(n int) tea.Cmd {
	p := m.playback
	if n < p.at || p.stale {
		m.rewind()
	}
	for p.at < n && m.playNext() {
	}
	if p.at == 0 {
		m.now, _ = p.index.Range()
		m.cursor = event.Cursor{}
	}
	p.rest.known = false
	p.pacer.Reset()
	m.timeline.Follow()
	if !m.situation.isShown(m) {
		m.scroll = 0
	}
	return tea.Batch(m.judge(), m.playOn())
}
