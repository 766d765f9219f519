package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/event"
)

// errStopping is the cause of the contexts of streams that the server ends.
var errStopping = errors.New("server is stopping")

// reader is one open stream, as the rest of the server sees it.
type reader struct {
	name string // of the agent, or "operator"
	end  context.CancelCauseFunc
	at   atomic.Int64 // offset delivered; negative while the stream opens
}

func newReader(name string, end context.CancelCauseFunc) *reader {
	r := &reader{name: name, end: end}
	r.at.Store(-1)
	return r
}

func (r *reader) moved(to event.Cursor) { r.at.Store(to.Offset) }

// readers are the streams that are open.
type readers struct {
	mu      sync.Mutex
	open    map[*reader]struct{}
	closing bool
	none    chan struct{} // closed when closing and none is left
}

func newReaders() *readers {
	return &readers{open: make(map[*reader]struct{}), none: make(chan struct{})}
}

// add takes in a reader, unless the server is stopping.
func (rs *readers) add(r *reader) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closing {
		return false
	}
	rs.open[r] = struct{}{}
	return true
}

func (rs *readers) remove(r *reader) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.open, r)
	rs.checkNone()
}

func (rs *readers) checkNone() {
	if rs.closing && len(rs.open) == 0 {
		close(rs.none)
	}
}

// stopping reports whether drain was called.
func (rs *readers) stopping() bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.closing
}

// lags returns how many readers there are, and for each name how far the
// slowest of its readers is behind the latest event.
func (rs *readers) lags(latest event.Cursor) (int, map[string]int64) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	out := make(map[string]int64)
	for r := range rs.open {
		if at := r.at.Load(); at >= 0 {
			out[r.name] = max(out[r.name], latest.Offset-at, 0)
		}
	}
	return len(rs.open), out
}

// drain tells every stream to end, spread over the window so that they do not
// all come back together, and waits until they have or grace has passed.
func (rs *readers) drain(window, grace time.Duration) {
	open := rs.close()
	if len(open) > 0 {
		// A few streams need no spreading, and whoever stops the server waits.
		window = min(window, time.Duration(len(open))*20*time.Millisecond)
		step := window / time.Duration(len(open))
		tick := time.NewTicker(max(step, time.Microsecond))
		defer tick.Stop()
		for _, r := range open {
			r.end(errStopping)
			<-tick.C
		}
	}
	timeout := time.NewTimer(grace)
	defer timeout.Stop()
	select {
	case <-rs.none:
	case <-timeout.C:
	}
}

// close lets no further reader in and returns those that are, in any order.
func (rs *readers) close() []*reader {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closing {
		return nil
	}
	rs.closing = true
	rs.checkNone()
	open := make([]*reader, 0, len(rs.open))
	for r := range rs.open {
		open = append(open, r)
	}
	rand.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	return open
}
