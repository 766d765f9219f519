package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/event"
)

// page is how many events a stream takes at a time, and longPage how many one
// that reads the past: there every read of the log costs as much as a hundred
// events.
const (
	page     = 256
	longPage = 2048
)

// stream is one reader's cursor over the window and, where that does not
// reach back, the log.
type stream struct {
	log    Log
	window *bus.Window
	reader *bus.Reader
	req    event.Request
	now    func() time.Time

	cursor event.Cursor
	end    event.Cursor // the newest event when the stream was opened
	live   bool
	err    error // final
}

// Subscribe implements event.Source.
func (e *Engine) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	return subscribe(ctx, e.log, e.window, req, e.opts.Now)
}

func subscribe(ctx context.Context, log Log, window *bus.Window, req event.Request, now func() time.Time) (event.Stream, error) {
	if req.Agent.IsZero() && !req.Operator {
		return nil, fmt.Errorf("subscribe as nobody: %w", event.ErrForbidden)
	}
	b, err := log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	s := &stream{log: log, window: window, req: req, now: now, end: b.Latest()}
	if s.cursor, err = log.Resolve(ctx, req.After, req.Filter); err != nil {
		return nil, err
	}
	if req.After.IsZero() && !req.Since.IsZero() {
		at, err := log.Seek(ctx, req.Since)
		if err != nil {
			return nil, err
		}
		if at.Epoch != s.cursor.Epoch || at.Offset > s.cursor.Offset {
			s.cursor = at
		}
	}
	agent := req.Agent
	if req.Operator || len(req.Also) > 0 {
		agent = event.Agent{} // woken by all events
	}
	s.reader = window.Join(agent)
	return s, nil
}

// Next implements event.Stream.
func (s *stream) Next(ctx context.Context) ([]*event.Event, error) {
	for s.err == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		events, err := s.fetch(ctx)
		if err != nil {
			return nil, s.fail(err)
		}
		if len(events) == 0 {
			s.live = true
			if s.ended() {
				return nil, s.fail(io.EOF)
			}
			if err := s.wait(ctx); err != nil {
				return nil, err
			}
			continue
		}
		s.cursor = events[len(events)-1].Cursor
		if visible := s.visible(events); len(visible) > 0 {
			return visible, nil
		}
	}
	return nil, s.err
}

// fail remembers what ends the stream; other errors may pass.
func (s *stream) fail(err error) error {
	var gap *event.GapError
	if errors.Is(err, io.EOF) || errors.As(err, &gap) {
		s.err = err
	}
	return err
}

// fetch returns the next events, none at the end.
func (s *stream) fetch(ctx context.Context) ([]*event.Event, error) {
	limit := page
	if !s.req.Follow && s.cursor.Epoch == s.end.Epoch && s.cursor.Offset >= s.end.Offset {
		return nil, nil
	}
	events, ok := s.window.After(s.cursor, limit)
	if !ok {
		if !s.req.Follow {
			limit = longPage
		}
		var err error
		if events, err = s.log.Read(ctx, s.cursor, s.req.Filter, limit); err != nil {
			return nil, err
		}
	}
	if !s.req.Follow {
		for i, e := range events {
			if e.Cursor.Epoch == s.end.Epoch && e.Cursor.Offset > s.end.Offset {
				return events[:i], nil
			}
		}
	}
	return events, nil
}

// ended reports whether a stream that has read everything is over.
func (s *stream) ended() bool {
	return !s.req.Follow || (!s.req.Until.IsZero() && !s.now().Before(s.req.Until))
}

// wait blocks until there may be more, or the stream's time is up.
func (s *stream) wait(ctx context.Context) error {
	if s.req.Until.IsZero() {
		return s.reader.Wait(ctx)
	}
	short, cancel := context.WithTimeout(ctx, max(0, s.req.Until.Sub(s.now())))
	defer cancel()
	if err := s.reader.Wait(short); ctx.Err() != nil {
		return err
	}
	return nil
}

func (s *stream) visible(events []*event.Event) []*event.Event {
	out := events[:0:0]
	for _, e := range events {
		if s.admits(e) {
			out = append(out, e)
		}
	}
	return out
}

func (s *stream) admits(e *event.Event) bool {
	if !s.req.Sees(e) {
		return false
	}
	if !s.req.Since.IsZero() && e.CreatedAt.Before(s.req.Since) {
		return false
	}
	if !s.req.Until.IsZero() && !e.CreatedAt.Before(s.req.Until) {
		return false
	}
	return s.req.Filter.Match(e)
}

// Cursor implements event.Stream.
func (s *stream) Cursor() event.Cursor { return s.cursor }

// Live implements event.Stream.
func (s *stream) Live() bool { return s.live }

// Close implements event.Stream.
func (s *stream) Close() error {
	s.reader.Leave()
	s.err = event.ErrClosed
	return nil
}
