package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cslack-stream/internal/engine/event"
)

// backwards is what a source can do that knows where the newest events lie.
type backwards interface {
	// Last returns the cursor behind which exactly the last n events that req
	// admits lie, or all of them if there are fewer.
	Last(ctx context.Context, req event.Request, n int) (event.Cursor, error)
}

// start moves the request to where the view begins, unless it says so itself
// or the feed has begun before.
func (f *feed) start(ctx context.Context, started bool) error {
	if started || !f.req.After.IsZero() || !f.req.Since.IsZero() {
		return nil
	}
	n := max(0, f.last)
	if from, ok := f.source.(backwards); ok {
		cursor, err := from.Last(ctx, f.req, n)
		if err == nil {
			f.req.After = cursor
		}
		return err
	}
	if n == 0 {
		snapshot, err := f.source.Snapshot(ctx, f.req.Agent)
		f.req.After = snapshot.Cursor
		return err
	}
	return f.startForward(ctx, n)
}

// startForward begins with the newest n events of a source that can only be
// read forward: from a while ago, and from longer ago until there is enough.
func (f *feed) startForward(ctx context.Context, n int) error {
	for _, ago := range []time.Duration{15 * time.Minute, 6 * time.Hour, 0} {
		req := f.req
		req.Follow = false
		if ago > 0 {
			req.Since = f.now().Add(-ago)
		}
		newest, cursor, err := f.newest(ctx, req, n)
		if err != nil {
			return err
		}
		if len(newest) < n && ago > 0 {
			continue
		}
		f.req.After = cursor
		if len(newest) > 0 {
			f.seen = true
			f.tell(ctx, news{events: newest, past: true, cursor: cursor})
		}
		return nil
	}
	return nil
}

// newest reads a stream to its end and keeps the newest n events. What
// retention removes meanwhile is not missed: nobody has seen it yet.
func (f *feed) newest(ctx context.Context, req event.Request, n int) ([]*event.Event, event.Cursor, error) {
	for range maxGaps {
		events, cursor, err := readNewest(ctx, f.source, req, n)
		var gap *event.GapError
		if !errors.As(err, &gap) {
			return events, cursor, err
		}
		req.After = gap.Oldest
	}
	return nil, event.Cursor{}, fmt.Errorf("read the last events: %w", event.ErrUnavailable)
}

func readNewest(ctx context.Context, source event.Source, req event.Request, n int) ([]*event.Event, event.Cursor, error) {
	s, err := source.Subscribe(ctx, req)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	defer s.Close()
	var kept []*event.Event
	for {
		events, err := s.Next(ctx)
		kept = append(kept, events...)
		if extra := len(kept) - n; extra > n+1024 || err != nil && extra > 0 {
			kept = append(kept[:0:0], kept[extra:]...)
		}
		if errors.Is(err, io.EOF) {
			return kept, s.Cursor(), nil
		}
		if err != nil {
			return nil, event.Cursor{}, err
		}
	}
}
