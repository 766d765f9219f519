package engine

import (
	"context"
	"time"

	"cslack-stream/internal/engine/backend"
)

// State is how an engine is.
type State string

// The states of an engine.
const (
	Starting State = "starting"
	Healthy  State = "healthy"
	Degraded State = "degraded"
)

// Condition is what an engine says of itself.
type Condition struct {
	State State
	// Err is why it is not healthy.
	Err error
	// Since is when the state began.
	Since time.Time
	// Reads tells of a degraded engine that changes become events all the
	// same: it is something else that fails.
	Reads bool
	// Carries tells whether this engine carries changes into the log; if not,
	// another one does, and this one follows.
	Carries bool
}

// Condition returns how the engine is. It is safe to call at any time.
func (e *Engine) Condition() Condition {
	c := *e.condition.Load()
	for _, part := range []any{e.opts.Changes, e.opts.Store, &e.janitor} {
		if t, ok := part.(Troubled); ok && c.State == Healthy {
			if err := t.Trouble(); err != nil {
				c.State, c.Err, c.Reads = Degraded, err, true
			}
		}
	}
	return c
}

func (e *Engine) setCondition(s State, err error) {
	c := &Condition{State: s, Err: err, Since: e.opts.Now(), Carries: !e.following}
	if before := e.condition.Load(); before != nil && before.State == s {
		c.Since = before.Since
	}
	e.condition.Store(c)
}

// Size returns how many events the log holds, and how many changes lie behind
// its checkpoint; -1 for what can not be told now.
func (e *Engine) Size(ctx context.Context) (events, lag int64) {
	events, lag = -1, -1
	if n, err := e.opts.Store.Size(ctx); err == nil {
		events = n
	}
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return events, lag
	}
	look.Close()
	if at, err := e.opts.Store.Checkpoint(ctx); err == nil && at.Log == look.At.Log {
		lag = max(0, look.At.ID-at.ID)
	}
	return events, lag
}

// Bounds returns the ends of the log.
func (e *Engine) Bounds(ctx context.Context) (backend.Bounds, error) { return e.log.Bounds(ctx) }
