package tui

import (
	"fmt"
	"time"

	"cslack-stream/internal/replay"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// playTick tells that an event may be due.
type playTick struct {
	id int
	at time.Time
}

// mostPlayed bounds how many events are played within a frame.
const mostPlayed = 1000

// playOn plays what is due, unless it is paused.
func (m *model) playOn() tea.Cmd {
	p := m.playback
	if p.ticks++; p.paused || !p.begun {
		return nil
	}
	id, now := p.ticks, m.o.Now
	return func() tea.Msg { return playTick{id, now()} }
}

// playLater plays on after some time.
func (m *model) playLater(wait time.Duration) tea.Cmd {
	p := m.playback
	p.ticks++
	id, now := p.ticks, m.o.Now
	return tea.Tick(max(wait, frameTime), func(time.Time) tea.Msg { return playTick{id, now()} })
}

// play plays the events that are due.
func (m *model) play(t playTick) tea.Cmd {
	p := m.playback
	if p == nil || t.id != p.ticks || p.paused || p.goal.set {
		m.dirty = false
		return nil
	}
	p.wall = t.at
	m.timeline.Follow()
	for range mostPlayed {
		i := p.at - p.from
		if i >= len(p.held) {
			return tea.Batch(m.judge(), m.runOut())
		}
		at := p.held[i].Time()
		due, _ := p.pacer.Due(at, t.at)
		if wait := due.Sub(t.at); wait > 0 {
			return tea.Batch(m.judge(), m.playLater(wait))
		}
		p.pacer.Played(at, due)
		m.playNext()
	}
	return tea.Batch(m.judge(), m.playLater(0))
}

// runOut is what happens where what is held ends: more is read, or it is the
// end.
func (m *model) runOut() tea.Cmd {
	p := m.playback
	p.hungry = !p.read
	switch {
	case p.hungry:
		return nil
	case p.at >= p.index.Len() || !m.canLoad(p.at):
		p.paused = true
		return m.askSituation()
	}
	return m.load(p.at, goal{set: true, n: p.at})
}

// judge filters again if what waits has changed, and the filter asks for it.
func (m *model) judge() tea.Cmd {
	if !m.rejudge {
		return nil
	}
	m.rejudge = false
	return m.applyFilter()
}

// ended reports whether the playhead is behind all there is.
func (p *playback) ended() bool { return p.read && p.at >= p.index.Len() }

// speeds are those that the keys choose from; 0 is as fast as can be shown.
var speeds = []float64{1, 2, 5, 10, 50, 0}

// changeSpeed plays faster or, with step -1, slower.
func (m *model) changeSpeed(step int) tea.Cmd {
	p := m.playback
	pace := p.pacer.Pace()
	pace.Speed = nextSpeed(pace.Speed, step)
	p.pacer.SetPace(pace, p.wall)
	p.rest.known = false
	m.quiet()
	return m.playOn()
}

// nextSpeed is the speed above or below one, or itself if there is none.
func nextSpeed(speed float64, step int) float64 {
	if speed == 0 {
		if step < 0 {
			return speeds[len(speeds)-2]
		}
		return 0
	}
	if step > 0 {
		for _, s := range speeds {
			if s > speed || s == 0 {
				return s
			}
		}
	}
	slower := speed
	for _, s := range speeds {
		if s != 0 && s < speed {
			slower = s
		}
	}
	return slower
}

const (
	// minQuiet is how long nothing happens at least where that is a row, and
	// maxQuiet how long if no stretch is cut short.
	minQuiet = 10 * time.Second
	maxQuiet = time.Minute
	// lull is how many times longer than on average it takes until something
	// happens again: where people are slow, not every pause is worth a row.
	lull = 2
)

// quiet parts the rows where a stretch is unusually long for this range, and
// longer than what is waited for at this speed.
func (m *model) quiet() {
	p := m.playback
	pace, d := p.pacer.Pace(), maxQuiet
	if pace.Speed > 0 && pace.MaxIdle > 0 {
		d = max(minQuiet, time.Duration(pace.Speed*float64(pace.MaxIdle)))
	}
	if n := p.index.Len(); n > 1 {
		begin, end := p.index.Range()
		d = max(d, lull*end.Sub(begin)/time.Duration(n-1))
	}
	m.timeline.SetQuiet(d)
}

// rest is how long the events that are held and not played take to watch.
type rest struct {
	known bool
	time  time.Duration
}

// left is how long what follows takes to watch; more tells that there is more
// of it than is held.
func (m *model) left() (d time.Duration, more bool) {
	p := m.playback
	if !p.rest.known {
		p.rest = rest{known: true, time: restOf(p.held[max(0, min(p.at-p.from, len(p.held))):], m.now, p.pacer.Pace())}
	}
	return p.rest.time, p.from+len(p.held) < p.index.Len()
}

func restOf(records []*line.Record, from time.Time, pace replay.Pace) (sum time.Duration) {
	for _, r := range records {
		sum += pace.Wait(r.Time().Sub(from))
		from = r.Time()
	}
	return sum
}

// stepShown moves the playhead over the next event that is shown, or back
// before the last one.
func (m *model) stepShown(step int) tea.Cmd {
	p := m.playback
	p.paused = true
	matches := m.filter()
	i := p.at - p.from
	if step < 0 {
		i--
	}
	for ; i >= 0 && i < len(p.held); i += step {
		if r := p.held[i]; matches == nil || matches(r) {
			break
		}
	}
	n := p.from + i
	if step > 0 {
		n++
	}
	switch {
	case n < 0, step < 0 && p.at == 0:
		return m.say("this is the beginning")
	case step > 0 && p.ended():
		return m.say("this is the end: " + hint(m.keys.GoLive, "").Key + " goes live")
	}
	return m.moveTo(goal{n: min(n, p.index.Len())})
}

// amongHeld says how many events were looked through, if those are not all.
func (m *model) amongHeld() string {
	p := m.playback
	if behind := p.from + len(p.held); behind < p.index.Len() {
		return fmt.Sprintf(" up to event %d, which is as far as is held", behind)
	}
	return ""
}

// playTo moves the playhead over the next event that is shown and that ok
// accepts, and pauses there. It reports whether there is one in what is held.
func (m *model) playTo(ok func(*timeline.Row) bool) (tea.Cmd, bool) {
	p := m.playback
	matches := m.filter()
	for i := max(0, p.at-p.from); i < len(p.held); i++ {
		if r := p.held[i]; (matches == nil || matches(r)) && ok(&timeline.Row{Kind: timeline.Event, Record: r}) {
			p.paused = true
			return m.place(p.from + i + 1), true
		}
	}
	return nil, false
}
