package engine

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
)

// checks is when agents were last seen checking. The workspace keeps it, which
// belongs to Run's goroutine; this is for those who ask beside it.
type checks struct {
	mu sync.Mutex
	at map[event.Agent]time.Time
}

// reset takes over what the workspace remembers.
func (c *checks) reset(at map[event.Agent]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// follow notes what events say, as the workspace does that they are rendered
// with, here or in another engine.
func (c *checks) follow(events []*event.Event) {
	for _, e := range events {
		switch e.Type {
		case event.AgentChecked:
			c.mu.Lock()
			c.at[e.Agent] = e.CreatedAt
			c.mu.Unlock()
		case event.AgentRegistered: // one of that name that was there before is gone
			c.mu.Lock()
			delete(c.at, registered(e))
			c.mu.Unlock()
		}
	}
}

// registered is the agent that an event of that type is about.
func registered(e *event.Event) event.Agent {
	return event.Agent{Name: strings.TrimSuffix(e.EntityID, ":"+e.Project), Project: e.Project}
}

func (c *checks) all() map[event.Agent]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.at)
}

func (c *checks) of(k event.Agent) *string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.at[k]; ok {
		return new(t.Format(event.TimeFormat))
	}
	return nil
}

// fillChecks adds to agents when they were last seen checking, and how many
// messages came for them since.
func (e *Engine) fillChecks(ctx context.Context, agents []event.AgentInfo) error {
	at := e.checks.all()
	if len(at) == 0 {
		return nil
	}
	waiting, err := e.waiting.count(ctx, e.log, at)
	if err != nil {
		return err
	}
	for i := range agents {
		if t, ok := at[agents[i].Key()]; ok {
			agents[i].CheckedAt = new(t.Format(event.TimeFormat))
			agents[i].Waiting = new(waiting[agents[i].Key()])
		}
	}
	return nil
}
