package tui

import (
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// mostHeld is how many events of a range are held.
func (m *model) mostHeld() int {
	if n := m.o.Bounds.Events; n > 0 {
		return n
	}
	return timeline.DefaultEvents
}

// mostAbove is how many events there are to be above the playhead at least.
func (m *model) mostAbove() int { return min(200, m.mostHeld()/4) }

// room tells whether there is room to hold r, and whether it would follow what
// is held.
func (m *model) room(r *line.Record) bool {
	p, bytes := m.playback, m.o.Bounds.Bytes
	if bytes <= 0 {
		bytes = timeline.DefaultBytes
	}
	return p.next == p.from+len(p.held) && len(p.held) < m.mostHeld() && p.bytes+timeline.SizeOf(r) <= bytes
}

// hold holds events as far as there is room, and counts those that were not
// read before. It reports whether there was no room.
func (m *model) hold(events []*event.Event) (full bool) {
	p := m.playback
	p.rest.known = false
	for _, e := range events {
		m.names.Learn(e)
		r := m.view.Record(e)
		if m.fold.Hides(r) || m.o.Admit != nil && !m.o.Admit(r) || !m.isPlayed(r) {
			continue
		}
		if p.next == p.index.Len() {
			p.index.Add(r.Time(), e.Cursor)
		}
		switch {
		case p.next < p.from:
		case m.room(r):
			p.held = append(p.held, r)
			p.bytes += timeline.SizeOf(r)
		default:
			full = true
		}
		p.next++
	}
	return full
}

// isPlayed tells whether r is a row when it is played: checks were asked for
// besides, and only those of the watched agent are.
func (m *model) isPlayed(r *line.Record) bool {
	return r.Type() != event.AgentChecked || m.o.Request.Filter.Admits(event.AgentChecked) ||
		r.Checked != nil && r.From == m.agent && !line.IsSearch(r.Checked)
}

// holds tells whether what is held has the place to go to, and something
// above it.
func (m *model) holds(to goal) bool {
	p := m.playback
	n := len(p.held)
	if to.at.IsZero() {
		return m.isBelow(to.n-p.from) && to.n <= p.from+n
	}
	return n > 0 && (p.from == 0 || p.held[0].Time().Before(to.at)) && !p.held[n-1].Time().Before(to.at)
}

// isBelow tells whether there is enough to show above that event of those
// held.
func (m *model) isBelow(i int) bool {
	return i >= 0 && (m.playback.from == 0 || i >= m.mostAbove())
}

// loadFrom is the first event of the part that is read around another.
func (m *model) loadFrom(n int) int { return max(0, n-m.mostHeld()/2) }

// canLoad tells whether reading the part around that event again brings
// anything that is not held, or is on the way.
func (m *model) canLoad(n int) bool {
	p := m.playback
	return !p.read || p.filling || m.loadFrom(n) != p.from
}

// load reads the part of the range around the event with that number, and
// then goes on.
func (m *model) load(n int, to goal) tea.Cmd {
	p := m.playback
	if p.goal = to; !p.read || p.filling {
		return nil // it is on the way, or can be asked for then
	}
	p.from = m.loadFrom(n)
	mark := p.index.Before(p.from)
	p.held, p.bytes, p.next, p.filling = nil, 0, mark.N, true
	p.stale, p.rest.known = true, false
	m.fold = line.Fold{}
	req := m.rangeRequest()
	if !mark.After.IsZero() {
		req.After = mark.After
	}
	return m.follow(readRange(m.o.Source, req, m.o.Now))
}

// rangeRequest asks for the range of those who are watched.
func (m *model) rangeRequest() event.Request {
	req := m.request()
	m.askForChecks(&req)
	return req
}
