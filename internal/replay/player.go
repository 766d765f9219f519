package replay

import (
	"context"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
)

// Player is a stream that gives the events of another at a pace. Its controls
// may be used from other goroutines while Next waits.
type Player struct {
	source event.Source
	req    event.Request

	mu      sync.Mutex
	pacer   *Pacer
	steps   int           // events to give whatever the pace
	seek    *time.Time    // where to go before the next event
	changed chan struct{} // closed and replaced when a control was used

	// What follows belongs to the reader's goroutine.
	stream event.Stream
	queue  []*event.Event
	cursor event.Cursor
}

var _ event.Stream = (*Player)(nil)

// Play opens a stream of source that is played at a pace.
func Play(ctx context.Context, source event.Source, req event.Request, pace Pace) (*Player, error) {
	s, err := source.Subscribe(ctx, req)
	if err != nil {
		return nil, err
	}
	return &Player{source: source, req: req, pacer: NewPacer(pace), changed: make(chan struct{}), stream: s, cursor: s.Cursor()}, nil
}

// Next implements event.Stream. It waits until the next event is due, and
// returns every event that is due by then.
func (p *Player) Next(ctx context.Context) ([]*event.Event, error) {
	for {
		if err := p.move(ctx); err != nil {
			return nil, err
		}
		if len(p.queue) == 0 {
			events, err := p.stream.Next(ctx)
			if err != nil {
				p.cursor = p.stream.Cursor()
				return nil, err
			}
			p.queue = events
		}
		due, wait, changed := p.due()
		if due > 0 {
			out := p.queue[:due:due]
			p.queue = p.queue[due:]
			if p.cursor = out[due-1].Cursor; len(p.queue) == 0 {
				p.cursor = p.stream.Cursor()
			}
			return out, nil
		}
		if err := pause(ctx, wait, changed); err != nil {
			return nil, err
		}
	}
}

// due returns how many of the queued events are due, or how long it takes
// until the first is; negative: until something changes.
func (p *Player) due() (n int, wait time.Duration, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seek != nil {
		return 0, 0, p.changed
	}
	now := time.Now()
	for _, e := range p.queue {
		at, ok := p.pacer.Due(e.CreatedAt, now)
		switch {
		case p.steps > 0:
			p.steps--
			at = now
		case !ok && n == 0:
			return 0, -1, p.changed
		case !ok || at.After(now):
			return n, at.Sub(now), p.changed
		}
		p.pacer.Played(e.CreatedAt, at)
		n++
	}
	return n, 0, p.changed
}

// pause waits for a while, or for a change.
func pause(ctx context.Context, wait time.Duration, changed <-chan struct{}) error {
	var over <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-over:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// move goes where Seek said.
func (p *Player) move(ctx context.Context) error {
	p.mu.Lock()
	to := p.seek
	p.seek = nil
	p.mu.Unlock()
	if to == nil {
		return nil
	}
	req := p.req
	if req.Since.Before(*to) {
		req.Since = *to
	}
	s, err := p.source.Subscribe(ctx, req)
	if err != nil {
		return err
	}
	_ = p.stream.Close()
	p.stream, p.queue, p.cursor = s, nil, s.Cursor()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pacer.Reset()
	return nil
}

// control uses a control and lets Next look again.
func (p *Player) control(use func(now time.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	use(time.Now())
	close(p.changed)
	p.changed = make(chan struct{})
}

// SetPace changes the pace from now on.
func (p *Player) SetPace(pace Pace) {
	p.control(func(now time.Time) { p.pacer.SetPace(pace, now) })
}

// Pause stops playing, Resume goes on where it stopped.
func (p *Player) Pause() { p.control(p.pacer.Pause) }

// Resume goes on after Pause.
func (p *Player) Resume() { p.control(p.pacer.Resume) }

// Step gives the next event at once, also while paused.
func (p *Player) Step() { p.control(func(time.Time) { p.steps++ }) }

// Seek goes to the first event that happened at t or later; it is due at once.
// Events that were given before come again if t lies before them.
func (p *Player) Seek(t time.Time) { p.control(func(time.Time) { p.seek = &t }) }

// Cursor implements event.Stream.
func (p *Player) Cursor() event.Cursor { return p.cursor }

// Live implements event.Stream.
func (p *Player) Live() bool { return len(p.queue) == 0 && p.stream.Live() }

// Close implements event.Stream.
func (p *Player) Close() error {
	p.queue = nil
	return p.stream.Close()
}
