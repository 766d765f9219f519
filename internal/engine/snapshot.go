package engine

import (
	"context"
	"errors"
	"fmt"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// Snapshot implements event.Source. State and position are read in one
// transaction of the host's database; the cursor is that of the last event
// rendered up to this position, once it is carried.
func (e *Engine) Snapshot(ctx context.Context, agent event.Agent) (event.Snapshot, error) {
	look, err := e.opts.Changes.Look(ctx)
	if errors.Is(err, capture.ErrReplaced) {
		return event.Snapshot{}, fmt.Errorf("take snapshot: %w: the database was replaced just now", event.ErrUnavailable)
	}
	if err != nil {
		return event.Snapshot{}, fmt.Errorf("take snapshot: %w", err)
	}
	snapshot, err := claudeslack.ReadSnapshot(ctx, look, look.Generation, agent)
	at := look.At
	look.Close() // before waiting: an open read transaction holds up checkpoints
	if err != nil {
		return event.Snapshot{}, fmt.Errorf("take snapshot: %w", err)
	}
	bounded, cancel := context.WithTimeout(ctx, e.opts.SnapshotWait)
	defer cancel()
	if err := e.progress.wait(bounded, at.Log, at.ID); err != nil {
		if ctx.Err() != nil {
			return event.Snapshot{}, ctx.Err()
		}
		return event.Snapshot{}, fmt.Errorf("take snapshot: %w: capture has not caught up", event.ErrUnavailable)
	}
	if snapshot.Agent != nil {
		// What waits for it is not counted here: that would take a pass over
		// the log for every stream that is opened.
		snapshot.Agent.CheckedAt = e.checks.of(snapshot.Agent.Key())
	}
	snapshot.Cursor, err = e.log.CursorAt(ctx, at.ID)
	return snapshot, err
}

// Agents lists the agents of the workspace, with when they were last seen
// checking and what waits for them since.
func (e *Engine) Agents(ctx context.Context) ([]event.AgentInfo, error) {
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	agents, err := claudeslack.ReadAgents(ctx, look)
	look.Close() // before reading the log: an open read transaction holds up checkpoints
	if err != nil {
		return nil, err
	}
	if err := e.fillChecks(ctx, agents); err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	return agents, nil
}

// Channels lists the channels that exist for agent, or all for the zero
// Agent.
func (e *Engine) Channels(ctx context.Context, agent event.Agent) ([]event.Channel, error) {
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	defer look.Close()
	s, err := claudeslack.ReadSnapshot(ctx, look, look.Generation, agent)
	return s.Channels, err
}
