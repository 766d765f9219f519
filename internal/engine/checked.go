package engine

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
)

const (
	// waitingEvents is how many of the newest events are looked through for
	// messages that wait, waitingPage how many are read at a time.
	waitingEvents = 10_000
	waitingPage   = 1000
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
			delete(c.at, event.Agent{Name: strings.TrimSuffix(e.EntityID, ":"+e.Project), Project: e.Project})
			c.mu.Unlock()
		}
	}
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
	waiting, err := e.waiting(ctx, at)
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

// waiting counts for each of the agents the messages of others that it may
// see, behind the event of its last check, in one pass from the newest event
// back. It ends where all checks are found, or after waitingEvents.
func (e *Engine) waiting(ctx context.Context, agents map[event.Agent]time.Time) (map[event.Agent]int64, error) {
	counts := make(map[event.Agent]int64)
	open := maps.Clone(agents) // those whose check is not found yet
	if len(open) == 0 {
		return counts, nil
	}
	b, err := e.log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	at := b.Latest()
	for seen := 0; seen < waitingEvents && len(open) > 0; {
		events, err := e.log.Before(ctx, at, min(waitingPage, waitingEvents-seen))
		if err != nil || len(events) == 0 {
			return counts, err
		}
		for _, ev := range events {
			switch ev.Type {
			case event.AgentChecked:
				delete(open, ev.Agent)
			case event.MessageNew:
				countFor(open, ev, counts)
			}
		}
		seen += len(events)
		last := events[len(events)-1].Cursor
		at = event.Cursor{Epoch: last.Epoch, Offset: last.Offset - 1}
	}
	return counts, nil
}

// countFor counts a message for those of the agents who may see it, but not
// for its sender.
func countFor(agents map[event.Agent]time.Time, e *event.Event, counts map[event.Agent]int64) {
	var m struct {
		Name    string  `json:"sender_id"`
		Project *string `json:"sender_project_id"`
	}
	if json.Unmarshal(e.Payload, &m) != nil {
		return
	}
	sender := event.AgentInfo{Name: m.Name, ProjectID: m.Project}.Key()
	for k := range agents {
		if k != sender && e.VisibleTo(k) {
			counts[k]++
		}
	}
}
