package replay

import (
	"context"
	"errors"

	"cslack-stream/internal/engine/event"
)

// Ahead reads a stream one batch ahead of its reader, so that reading and
// showing take place at the same time. It is for streams of the past: what it
// holds was read a moment ago.
type Ahead struct {
	stream event.Stream
	cancel context.CancelFunc
	read   chan batch // closed when nothing more comes
	last   batch
	closed bool
}

var _ event.Stream = (*Ahead)(nil)

// batch is what one Next of the stream gave, and how the stream stood then.
type batch struct {
	events []*event.Event
	err    error
	cursor event.Cursor
	live   bool
}

// ReadAhead begins to read s, which is the caller's no more.
func ReadAhead(ctx context.Context, s event.Stream) *Ahead {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &Ahead{stream: s, cancel: cancel, read: make(chan batch, 1), last: batch{cursor: s.Cursor(), live: s.Live()}}
	go func() {
		defer close(a.read)
		for {
			events, err := s.Next(ctx)
			select {
			case a.read <- batch{events, err, s.Cursor(), s.Live()}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return a
}

// Next implements event.Stream.
func (a *Ahead) Next(ctx context.Context) ([]*event.Event, error) {
	switch {
	case a.closed:
		return nil, event.ErrClosed
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case a.last.err != nil:
		return nil, a.last.err
	}
	select {
	case b := <-a.read:
		a.last = b
		return b.events, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Cursor implements event.Stream.
func (a *Ahead) Cursor() event.Cursor { return a.last.cursor }

// Live implements event.Stream.
func (a *Ahead) Live() bool { return a.last.live }

// Close implements event.Stream. It waits for the reading to end.
func (a *Ahead) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	a.cancel()
	for range a.read { // until it has ended
	}
	if err := a.stream.Close(); !errors.Is(err, event.ErrClosed) {
		return err
	}
	return nil
}
