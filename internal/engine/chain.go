package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/event"
)

// chain is the log of a read-only attachment beside another engine's: that
// engine's events up to the moment of attaching, with their own cursors, then
// what this process renders itself, in an epoch of its own. Cursors of the
// own epoch resume nowhere else.
type chain struct {
	own Store

	mu   sync.RWMutex
	base Log // nil after detach
	upTo event.Cursor
}

// join says up to where the base's events count.
func (c *chain) join(upTo event.Cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.upTo = upTo
}

// detach forgets the base: it is not of this database's history any more.
func (c *chain) detach() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = nil
}

func (c *chain) joined() (Log, event.Cursor) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.base, c.upTo
}

// Read implements Log.
func (c *chain) Read(ctx context.Context, after event.Cursor, f event.Filter, limit int) ([]*event.Event, error) {
	base, upTo := c.joined()
	own, err := c.own.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	if base == nil || after.Epoch == own.Epoch {
		return c.own.Read(ctx, after, f, limit)
	}
	events, err := base.Read(ctx, after, f, limit)
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		if e.Cursor.Offset > upTo.Offset {
			events = events[:i]
			break
		}
	}
	if len(events) > 0 {
		return events, nil
	}
	if earliest := own.Earliest(f); earliest.Offset > 0 {
		return nil, &event.GapError{Reason: event.GapTrimmed, Requested: after, Oldest: earliest, Count: -1}
	}
	return c.own.Read(ctx, event.Cursor{Epoch: own.Epoch}, f, limit)
}

// Before implements Log.
func (c *chain) Before(ctx context.Context, at event.Cursor, limit int) ([]*event.Event, error) {
	base, upTo := c.joined()
	own, err := c.own.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	if base == nil {
		return c.own.Before(ctx, at, limit)
	}
	if at.Epoch != own.Epoch {
		return base.Before(ctx, at, limit)
	}
	events, err := c.own.Before(ctx, at, limit)
	if err != nil || len(events) > 0 {
		return events, err
	}
	return base.Before(ctx, upTo, limit)
}

// Bounds implements Log; the ends are those of the own epoch.
func (c *chain) Bounds(ctx context.Context) (backend.Bounds, error) { return c.own.Bounds(ctx) }

// Resolve implements Log.
func (c *chain) Resolve(ctx context.Context, after event.Cursor, f event.Filter) (event.Cursor, error) {
	base, upTo := c.joined()
	own, err := c.own.Bounds(ctx)
	if err != nil {
		return event.Cursor{}, err
	}
	switch {
	case base == nil:
		return c.own.Resolve(ctx, after, f)
	case after.Epoch == own.Epoch && after.Offset == 0:
		return after, nil
	case after.Epoch == own.Epoch:
		return c.own.Resolve(ctx, after, f)
	}
	at, err := base.Resolve(ctx, after, f)
	if err != nil {
		return at, err
	}
	at.Offset = min(at.Offset, upTo.Offset) // later ones come again from our own rendering
	return at, nil
}

// Seek implements Log.
func (c *chain) Seek(ctx context.Context, t time.Time) (event.Cursor, error) {
	base, upTo := c.joined()
	if base != nil {
		at, err := base.Seek(ctx, t)
		if err != nil || at.Offset < upTo.Offset {
			return at, err
		}
	}
	return c.own.Seek(ctx, t)
}

// About implements Log.
func (c *chain) About(ctx context.Context, entityType, entityID, channel string) ([]*event.Event, error) {
	own, err := c.own.About(ctx, entityType, entityID, channel)
	base, upTo := c.joined()
	if err != nil || base == nil {
		return own, err
	}
	events, err := base.About(ctx, entityType, entityID, channel)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e *event.Event) bool { return e.Cursor.Offset > upTo.Offset })
	return append(events, own...), nil
}

// CursorAt implements Log.
func (c *chain) CursorAt(ctx context.Context, change int64) (event.Cursor, error) {
	return c.own.CursorAt(ctx, change)
}

// Close implements Log; the engine closes both parts itself.
func (c *chain) Close() error { return nil }
