package engine

import (
	"context"
	"fmt"

	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/event"
)

// Past is a source of the events of a log that nobody appends to any more: a
// copy that was taken, or the file of an engine that is gone. Its streams end
// with the log, also those that follow.
type Past struct {
	log    Log
	window *bus.Window // holds nothing: readers read the log
}

var _ event.Source = (*Past)(nil)

// NewPast returns a source over log, which stays the caller's to close.
func NewPast(ctx context.Context, log Log) (*Past, error) {
	b, err := log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	p := &Past{log: log, window: bus.New(bus.Options{})}
	p.window.Reset(b.Latest())
	return p, nil
}

// Subscribe implements event.Source.
func (p *Past) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	req.Follow = false
	return subscribe(ctx, p.log, p.window, req, nil)
}

// Snapshot implements event.Source: a log holds events, not the state of the
// host.
func (p *Past) Snapshot(context.Context, event.Agent) (event.Snapshot, error) {
	return event.Snapshot{}, fmt.Errorf("take snapshot of the past: %w", event.ErrUnavailable)
}
