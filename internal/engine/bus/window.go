// Package bus is the in-memory window on the newest events of a log, and the
// wake-ups of its readers.
//
// The window holds events, not queues: every reader has a cursor of its own
// and copies pointers from the shared window, so a reader that does not read
// costs nothing and delays nobody. A reader whose cursor has fallen out of
// the window reads the log until it has caught up. Publishing never blocks.
package bus

import (
	"context"
	"sort"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
)

// Defaults of Options.
const (
	DefaultMax = 10_000
	DefaultTTL = time.Minute
	// maxBytes bounds the memory of the window whatever the events' size.
	maxBytes = 64 << 20
	// keep is how many events stay whatever their age.
	keep = 256
)

// Options configure a Window.
type Options struct {
	// Max is the largest number of events held; 0 means DefaultMax.
	Max int
	// TTL is how long an event is held; 0 means DefaultTTL.
	TTL time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Window holds the newest events of one log. It is safe for concurrent use.
type Window struct {
	opts Options

	mu      sync.RWMutex
	events  []held
	bytes   int
	base    event.Cursor // every event after it is held
	latest  event.Cursor
	readers map[event.Agent]map[*Reader]struct{}
	all     map[*Reader]struct{} // operators
}

type held struct {
	*event.Event
	since time.Time
}

// New returns a window that holds nothing and stands nowhere: call Reset.
func New(opts Options) *Window {
	if opts.Max <= 0 {
		opts.Max = DefaultMax
	}
	if opts.TTL <= 0 {
		opts.TTL = DefaultTTL
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Window{opts: opts, readers: make(map[event.Agent]map[*Reader]struct{}), all: make(map[*Reader]struct{})}
}

// Reset empties the window, lets it stand at latest, and wakes every reader:
// what they wait for may have changed altogether.
func (w *Window) Reset(latest event.Cursor) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events, w.bytes = nil, 0
	w.base, w.latest = latest, latest
	for r := range w.all {
		r.wake()
	}
	for _, group := range w.readers {
		for r := range group {
			r.wake()
		}
	}
}

// Publish adds events, in order, that are in the log already, and wakes those
// readers who may see one of them.
func (w *Window) Publish(events []*event.Event) {
	if len(events) == 0 {
		return
	}
	now := w.opts.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		w.events = append(w.events, held{e, now})
		w.bytes += size(e)
	}
	w.latest = events[len(events)-1].Cursor
	w.evict(now)
	for r := range w.all {
		r.wake()
	}
	for agent, group := range w.readers {
		if anyVisible(events, agent) {
			for r := range group {
				r.wake()
			}
		}
	}
}

// Replace puts what f makes of each event that is held in its place: another
// one with the same cursor and audience. Readers that have read the event keep
// what they have.
func (w *Window) Replace(f func(*event.Event) *event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, h := range w.events {
		e := f(h.Event)
		w.bytes += size(e) - size(h.Event)
		w.events[i].Event = e
	}
}

func size(e *event.Event) int { return len(e.Wire) + len(e.Payload) + 256 }

func anyVisible(events []*event.Event, agent event.Agent) bool {
	var last *event.Audience
	for _, e := range events {
		if e.Agent == agent {
			return true
		}
		if e.Audience != last && e.Audience.Includes(agent) {
			return true
		}
		last = e.Audience
	}
	return false
}

func (w *Window) evict(now time.Time) {
	n := 0
	for n < len(w.events) {
		over := len(w.events)-n > w.opts.Max || w.bytes > maxBytes
		old := len(w.events)-n > keep && now.Sub(w.events[n].since) > w.opts.TTL
		if !over && !old {
			break
		}
		w.bytes -= size(w.events[n].Event)
		w.base = w.events[n].Cursor
		n++
	}
	if n == 0 {
		return
	}
	clear(w.events[:n])
	w.events = w.events[n:]
}

// Latest is the cursor behind the newest event.
func (w *Window) Latest() event.Cursor {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.latest
}

// Len returns how many events are held.
func (w *Window) Len() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.events)
}

// After returns up to limit events after the cursor, none at the end. It
// reports false if the window does not reach back to the cursor.
func (w *Window) After(c event.Cursor, limit int) ([]*event.Event, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if c.Epoch != w.latest.Epoch || c.Offset < w.base.Offset || c.Offset > w.latest.Offset {
		return nil, false
	}
	i := sort.Search(len(w.events), func(i int) bool { return w.events[i].Cursor.Offset > c.Offset })
	tail := w.events[i:min(len(w.events), i+limit)]
	out := make([]*event.Event, len(tail))
	for i, h := range tail {
		out[i] = h.Event
	}
	return out, true
}

// Reader is woken when there may be something for it to read. It is for one
// goroutine.
type Reader struct {
	window *Window
	agent  event.Agent
	woken  chan struct{}
}

// Join adds a reader for an agent's events, or for all events for the zero
// Agent. Leave removes it.
func (w *Window) Join(agent event.Agent) *Reader {
	r := &Reader{window: w, agent: agent, woken: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if agent.IsZero() {
		w.all[r] = struct{}{}
		return r
	}
	if w.readers[agent] == nil {
		w.readers[agent] = make(map[*Reader]struct{})
	}
	w.readers[agent][r] = struct{}{}
	return r
}

// Wait blocks until the reader is woken. Whoever joined before looking misses
// nothing: a wake-up that came while it looked is still there.
func (r *Reader) Wait(ctx context.Context) error {
	select {
	case <-r.woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave removes the reader. Leaving twice is fine.
func (r *Reader) Leave() {
	r.window.mu.Lock()
	defer r.window.mu.Unlock()
	delete(r.window.all, r)
	if group := r.window.readers[r.agent]; group != nil {
		delete(group, r)
		if len(group) == 0 {
			delete(r.window.readers, r.agent)
		}
	}
}

func (r *Reader) wake() {
	select {
	case r.woken <- struct{}{}:
	default: // it is awake, or will be
	}
}

// Readers returns how many readers every agent has; operators are under the
// zero Agent.
func (w *Window) Readers() map[event.Agent]int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make(map[event.Agent]int)
	for agent, group := range w.readers {
		out[agent] = len(group)
	}
	if len(w.all) > 0 {
		out[event.Agent{}] = len(w.all)
	}
	return out
}
