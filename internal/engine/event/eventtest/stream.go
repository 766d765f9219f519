package eventtest

import (
	"context"
	"io"

	"cslack-stream/internal/engine/event"
)

// page is the most events that one Next returns.
const page = 256

// stream is a position in a Source's log.
type stream struct {
	src    *Source
	req    event.Request
	epoch  string
	at     int64 // everything up to this offset was returned or skipped
	bound  int64 // the newest offset at Subscribe
	live   bool
	closed bool
	gap    *event.GapError
}

// Next implements event.Stream.
func (st *stream) Next(ctx context.Context) ([]*event.Event, error) {
	for {
		if err := ctx.Err(); err != nil && !st.closed {
			return nil, err
		}
		events, changed, err := st.take()
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

// take returns the events that are there, or the channel that is closed when
// there may be more.
func (st *stream) take() ([]*event.Event, <-chan struct{}, error) {
	st.src.mu.Lock()
	defer st.src.mu.Unlock()
	if st.closed {
		return nil, nil, event.ErrClosed
	}
	if st.gap == nil {
		st.gap = st.src.gap(event.Cursor{Epoch: st.epoch, Offset: st.at})
	}
	if st.gap != nil {
		return nil, nil, st.gap
	}
	rest := st.src.log[st.src.after(st.at):]
	out := make([]*event.Event, 0, min(len(rest), page))
	for _, e := range rest {
		if len(out) == page || (!st.req.Follow && e.Cursor.Offset > st.bound) {
			break
		}
		st.at = e.Cursor.Offset
		if st.wants(e) {
			out = append(out, e)
		}
	}
	st.live = st.live || st.src.after(st.at) == len(st.src.log)
	if len(out) == 0 && !st.req.Follow {
		return nil, nil, io.EOF
	}
	return out, st.src.changed, nil
}

func (st *stream) wants(e *event.Event) bool {
	return st.req.Sees(e) &&
		st.req.Filter.Match(e) &&
		(st.req.Since.IsZero() || !e.CreatedAt.Before(st.req.Since)) &&
		(st.req.Until.IsZero() || e.CreatedAt.Before(st.req.Until))
}

// Cursor implements event.Stream.
func (st *stream) Cursor() event.Cursor {
	return event.Cursor{Epoch: st.epoch, Offset: st.at}
}

// Live implements event.Stream.
func (st *stream) Live() bool { return st.live }

// Close implements event.Stream.
func (st *stream) Close() error {
	st.src.mu.Lock()
	defer st.src.mu.Unlock()
	if !st.closed {
		st.closed = true
		st.src.streams--
	}
	return nil
}
