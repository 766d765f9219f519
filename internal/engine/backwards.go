package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cslack-stream/internal/engine/event"
)

var _ event.Backwards = (*Engine)(nil)

// Last implements event.Backwards.
func (e *Engine) Last(ctx context.Context, req event.Request, n int) (event.Cursor, error) {
	b, err := e.log.Bounds(ctx)
	if err != nil {
		return event.Cursor{}, err
	}
	at := b.Latest()
	if n <= 0 {
		return at, nil
	}
	found := 0
	err = e.back(ctx, req, at, func(ev *event.Event) bool {
		at = event.Cursor{Epoch: ev.Cursor.Epoch, Offset: ev.Cursor.Offset - 1}
		found++
		return found < n
	})
	if err == nil && found < n {
		return e.log.Resolve(ctx, event.Cursor{}, req.Filter)
	}
	return at, err
}

// Before implements event.Backwards.
func (e *Engine) Before(ctx context.Context, req event.Request, at event.Cursor, n int) ([]*event.Event, error) {
	if req.Agent.IsZero() && !req.Operator {
		return nil, fmt.Errorf("look back as nobody: %w", event.ErrForbidden)
	}
	if at.IsZero() {
		b, err := e.log.Bounds(ctx)
		if err != nil {
			return nil, err
		}
		at = b.Latest()
	}
	// Whether something is missing behind the cursor does not matter here.
	_, err := e.log.Resolve(ctx, at, req.Filter)
	var gap *event.GapError
	if err != nil && (!errors.As(err, &gap) || gap.Reason != event.GapTrimmed) {
		return nil, err
	}
	if n <= 0 {
		return nil, nil
	}
	var out []*event.Event
	err = e.back(ctx, req, at, func(ev *event.Event) bool {
		out = append(out, ev)
		return len(out) < n
	})
	slices.Reverse(out)
	return out, err
}

// back gives visit the events that req admits at or before the cursor, newest
// first, until it has enough or there are no more.
func (e *Engine) back(ctx context.Context, req event.Request, at event.Cursor, visit func(*event.Event) bool) error {
	s := &stream{req: req}
	for {
		events, err := e.log.Before(ctx, at, page)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, ev := range events {
			if s.admits(ev) && !visit(ev) {
				return nil
			}
		}
		oldest := events[len(events)-1].Cursor
		at = event.Cursor{Epoch: oldest.Epoch, Offset: oldest.Offset - 1}
	}
}
