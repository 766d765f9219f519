package tui

import (
	"context"

	"cslack-stream/internal/engine/event"
)

// start moves the request to where the view begins, unless it says so itself
// or the feed has begun before.
func (f *feed) start(ctx context.Context, started bool) error {
	if started || f.last == everything || !f.req.After.IsZero() || !f.req.Since.IsZero() {
		return nil
	}
	at, err := event.Last(ctx, f.source, f.req, f.last)
	if err == nil {
		f.req.After = at
	}
	return err
}
