package tui

import (
	"fmt"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/view"
)

// listener is what a stream can do that comes over a connection: it hears of
// the other side all the time, also when there are no events.
type listener interface {
	// Heard returns when it heard anything last, and how often it does at
	// least while all is well. It may be called while Next waits.
	Heard() (last time.Time, every time.Duration)
}

// hearing is what a feed hears of its source.
type hearing struct {
	last  time.Time
	every time.Duration
}

// silence is how long nothing was heard of the source that should have been;
// 0 if it is not overdue. One heartbeat may be late.
func (h hearing) silence(now time.Time) time.Duration {
	if h.last.IsZero() || h.every <= 0 {
		return 0
	}
	if quiet := now.Sub(h.last); quiet > 2*h.every {
		return quiet
	}
	return 0
}

// listenTo makes s the stream that is asked what it hears.
func (f *feed) listenTo(s event.Stream) {
	l, _ := s.(listener)
	f.listener.Store(&l)
}

// heard is what the feed's stream hears. It is safe to call at any time.
func (f *feed) heard() hearing {
	l := f.listener.Load()
	if l == nil || *l == nil {
		return hearing{}
	}
	last, every := (*l).Heard()
	return hearing{last, every}
}

// listen notes what the feed hears, and how the source is.
func (m *model) listen() {
	if m.feed != nil {
		m.hearing = m.feed.heard()
	}
	if m.o.Trouble == nil {
		return
	}
	before := m.trouble
	if m.trouble = m.o.Trouble(); before == nil && m.trouble != nil {
		m.troubled = m.now
	}
}

// liveState says how good a stream is that is connected: that it is live, or
// that nothing comes that should.
func (m *model) liveState() (view.State, string) {
	if quiet := m.hearing.silence(m.now); quiet > 0 {
		return view.Bad, fmt.Sprintf("silent %ds (heartbeat due every %ds)", quiet/time.Second, m.hearing.every/time.Second)
	}
	if m.trouble != nil {
		return view.Bad, fmt.Sprintf("not reading for %ds", max(0, m.now.Sub(m.troubled))/time.Second)
	}
	return view.Good, m.o.Mode
}
