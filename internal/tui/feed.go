package tui

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
)

const (
	// minRetry and maxRetry bound the time between attempts to get a lost
	// stream back.
	minRetry = 250 * time.Millisecond
	maxRetry = 5 * time.Second
	// settle is how often a stream that has no events yet is asked whether it
	// is connected.
	settle = 100 * time.Millisecond
	// maxGaps is how often a stream may have a gap without any event before it
	// is given up.
	maxGaps = 8
	// everything is how many events a range begins before its end at most.
	everything = 1 << 40
)

// phase is how good the stream is.
type phase uint8

const (
	connecting phase = iota
	live
	lost   // and tried again at a known time
	failed // and not tried again
	ended  // there is nothing more to come
)

// connection is the state of a stream.
type connection struct {
	phase   phase
	err     error
	retry   time.Time
	attempt int
}

// news is what a feed tells: events, a gap or a state. With events, past tells
// that they were there before the reader came. The cursor is where the stream
// is then.
type news struct {
	events []*event.Event
	past   bool
	gap    *event.GapError
	state  *connection
	cursor event.Cursor
}

// feed reads one stream, over gaps and losses, until it is stopped.
type feed struct {
	source event.Source
	asked  event.Request // what was asked for; req moves on
	req    event.Request
	last   int
	now    func() time.Time
	out    chan news
	retry  chan struct{} // tells to try again at once
	cancel context.CancelFunc
	done   chan struct{}

	listener atomic.Pointer[listener] // of the stream that is read

	seen     bool // whether any event was told
	caughtUp bool // whether the newest event was reached once
}

// startFeed begins to read. What it tells is to be received from out until
// that is closed.
func startFeed(source event.Source, req event.Request, last int, now func() time.Time) *feed {
	req.Follow = true
	return newFeed(source, req, last, now)
}

// readRange begins to read what req asks for, which ends.
func readRange(source event.Source, req event.Request, now func() time.Time) *feed {
	req.Follow = false
	return newFeed(source, req, everything, now)
}

func newFeed(source event.Source, req event.Request, last int, now func() time.Time) *feed {
	ctx, cancel := context.WithCancel(context.Background())
	f := &feed{
		source: source, asked: req, req: req, last: last, now: now,
		out: make(chan news, 64), retry: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{}),
	}
	go func() {
		defer close(f.done)
		defer close(f.out)
		f.run(ctx)
	}()
	return f
}

// stop ends the feed and waits for it.
func (f *feed) stop() {
	f.cancel()
	<-f.done
}

// ended reports whether nothing is left of the feed.
func (f *feed) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// again tells a feed that waits to try now.
func (f *feed) again() {
	select {
	case f.retry <- struct{}{}:
	default:
	}
}

// tell hands n on, unless the feed is stopped.
func (f *feed) tell(ctx context.Context, n news) bool {
	select {
	case f.out <- n:
		return true
	case <-ctx.Done():
		return false
	}
}

// run reads until it is stopped or trying again can not help.
func (f *feed) run(ctx context.Context) {
	started, attempt, gaps := false, 0, 0
	var wait time.Duration
	for ctx.Err() == nil {
		progress := false
		err := f.start(ctx, started)
		if err == nil {
			started = true
			progress, err = f.read(ctx)
		}
		if progress {
			attempt, gaps, wait = 0, 0, 0
		}
		var gap *event.GapError
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, io.EOF):
			f.tell(ctx, news{state: &connection{phase: ended}})
			return
		case errors.As(err, &gap) && gaps < maxGaps:
			gaps++
			f.overGap(ctx, gap)
		case isFinal(err, started):
			f.tell(ctx, news{state: &connection{phase: failed, err: err}})
			return
		default:
			attempt++
			wait = min(max(2*wait, minRetry), maxRetry)
			if !f.pause(ctx, connection{phase: lost, err: err, retry: f.now().Add(wait), attempt: attempt}, wait) {
				return
			}
		}
	}
}

// isFinal tells whether trying again can not help.
func isFinal(err error, started bool) bool {
	if _, broken := errors.AsType[*replay.LineError](err); broken {
		return true // a recording does not mend
	}
	for _, final := range []error{event.ErrForbidden, event.ErrNotFound, event.ErrClosed} {
		if errors.Is(err, final) {
			return true
		}
	}
	var gap *event.GapError
	return errors.As(err, &gap) || !started && !errors.Is(err, event.ErrUnavailable)
}

// overGap goes on behind what is missing. Before the first event nobody
// misses anything.
func (f *feed) overGap(ctx context.Context, gap *event.GapError) {
	f.req.After = gap.Oldest
	if f.seen {
		f.tell(ctx, news{gap: gap})
	}
}

// pause waits before the next attempt.
func (f *feed) pause(ctx context.Context, c connection, wait time.Duration) bool {
	select { // what was asked for before is over
	case <-f.retry:
	default:
	}
	if !f.tell(ctx, news{state: &c}) {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.retry:
	case <-ctx.Done():
		return false
	}
	return f.tell(ctx, news{state: &connection{phase: connecting, attempt: c.attempt}})
}

// read tells what comes until the stream breaks, and whether anything was
// heard of it.
func (f *feed) read(ctx context.Context) (progress bool, err error) {
	s, err := f.source.Subscribe(ctx, f.req)
	if err != nil {
		return false, err
	}
	defer s.Close()
	f.listenTo(s)
	defer f.listenTo(nil)
	told := false // any event
	defer func() { progress = progress || told }()
	for {
		if s.Live() && !progress {
			progress, f.caughtUp = true, true
			if !f.tell(ctx, news{state: &connection{phase: live}, cursor: s.Cursor()}) {
				return progress, ctx.Err()
			}
		}
		events, err := f.next(ctx, s, !progress)
		if c := s.Cursor(); !c.IsZero() {
			f.req.After, f.req.Since = c, time.Time{}
		}
		if len(events) > 0 {
			f.seen, told = true, true
			if !f.tell(ctx, news{events: events, past: !f.caughtUp, cursor: f.req.After}) {
				return progress, ctx.Err()
			}
		}
		if err != nil {
			return progress, err
		}
	}
}

// next waits for events; not long while it is not known that the stream is
// connected, and no events is no error then.
func (f *feed) next(ctx context.Context, s event.Stream, brief bool) ([]*event.Event, error) {
	if !brief {
		return s.Next(ctx)
	}
	short, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	events, err := s.Next(short)
	if err != nil && short.Err() != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return events, nil
	}
	return events, err
}
