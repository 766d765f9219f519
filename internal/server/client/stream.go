package client

import (
	"context"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
)

const (
	// maxQueued events or bytes wait for Next; then the connection is not read
	// any more, and the server sees a slow reader.
	maxQueued      = 1024
	maxQueuedBytes = 4 << 20
)

// stream is the reader's side: a bounded queue that a link fills.
type stream struct {
	src    *Source
	req    event.Request
	cancel context.CancelFunc // ends the link
	begun  chan struct{}      // closed when the server has answered, or never will
	done   chan struct{}      // closed when the link has ended
	wake   chan struct{}      // room for one: something to do for Next
	space  chan struct{}      // room for one: the queue was emptied

	mu       sync.Mutex
	queue    []*event.Event
	bytes    int
	received event.Cursor // behind everything that came
	cursor   event.Cursor // behind everything that Next returned
	caughtUp bool         // the server said so, behind the queue
	live     bool
	good     bool  // the server has accepted the subscription
	end      error // what Next returns behind the queue
	closed   bool
	heard    time.Time // when the server said anything last
}

func newStream(src *Source, req event.Request, cancel context.CancelFunc) *stream {
	return &stream{
		src: src, req: req, cancel: cancel, received: req.After, cursor: req.After,
		begun: make(chan struct{}), done: make(chan struct{}),
		wake: make(chan struct{}, 1), space: make(chan struct{}, 1),
	}
}

// Next implements event.Stream.
func (st *stream) Next(ctx context.Context) ([]*event.Event, error) {
	for {
		events, err := st.take(ctx)
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-ctx.Done():
		case <-st.wake:
		}
	}
}

func (st *stream) take(ctx context.Context) ([]*event.Event, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return nil, event.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	events := st.queue
	if len(events) == 0 {
		return nil, st.end
	}
	st.queue, st.bytes = nil, 0
	st.cursor = st.received
	signal(st.space)
	return events, nil
}

// Cursor implements event.Stream.
func (st *stream) Cursor() event.Cursor {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.cursor
}

// Live implements event.Stream.
func (st *stream) Live() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.live = st.live || (st.caughtUp && len(st.queue) == 0)
	return st.live
}

// Heard returns when the server said anything last, heartbeats included, and
// how often it does at least while all is well. The zero time means never.
// Unlike the other methods it may be called while Next waits.
func (st *stream) Heard() (last time.Time, every time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.heard, st.src.opts.Heartbeat
}

// hear notes that the server has said something.
func (st *stream) hear() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.heard = time.Now()
}

// Close implements event.Stream. It waits until the connection is closed.
func (st *stream) Close() error {
	st.mu.Lock()
	st.closed = true
	st.mu.Unlock()
	st.cancel()
	<-st.done
	st.src.remove(st)
	return nil
}

// push adds an event, waiting for space until ctx is done.
func (st *stream) push(ctx context.Context, e *event.Event) {
	for !st.offer(e) {
		select {
		case <-ctx.Done():
			return
		case <-st.space:
		}
	}
}

func (st *stream) offer(e *event.Event) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.queue) >= maxQueued || st.bytes >= maxQueuedBytes {
		return false
	}
	st.queue = append(st.queue, e)
	st.bytes += len(e.Wire)
	st.received = e.Cursor
	signal(st.wake)
	return true
}

// move takes the place to c, if that is ahead of it in the same epoch.
func (st *stream) move(c event.Cursor) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.received.IsZero() && (c.Epoch != st.received.Epoch || c.Offset <= st.received.Offset) {
		return
	}
	st.received = c
	if len(st.queue) == 0 {
		st.cursor = c
	}
}

// place is where to resume: behind everything that came.
func (st *stream) place() event.Cursor {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.received
}

// catchUp notes that everything that was there has come.
func (st *stream) catchUp() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.caughtUp = true
}

// accept notes that the server serves the stream, and reports whether that is
// for the first time.
func (st *stream) accept() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.good {
		return false
	}
	st.good = true
	st.begin()
	return true
}

// accepted reports whether the server has ever served the stream.
func (st *stream) accepted() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.good
}

// finish ends the stream: Next returns err behind what is queued. The first
// reason counts.
func (st *stream) finish(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.end == nil {
		st.end = err
	}
	st.begin()
	signal(st.wake)
	st.cancel()
}

// finished reports whether finish was called.
func (st *stream) finished() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.end != nil
}

// failedAtOnce returns why the stream ended before the server accepted it.
func (st *stream) failedAtOnce() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.good {
		return nil
	}
	return st.end
}

func (st *stream) begin() {
	select {
	case <-st.begun:
	default:
		close(st.begun)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
