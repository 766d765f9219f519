package engine

import (
	"context"
	"fmt"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// Base is the event log of another engine on the same database. A read-only
// attachment shows its events and folds on from its state, in memory: it
// renders the changes that nobody has carried yet itself, writing nowhere.
type Base interface {
	Log
	// Load returns the state as of the other engine's last append.
	Load(ctx context.Context) (backend.State, error)
}

// attach goes on from where the base stands now.
func (e *Engine) attach(ctx context.Context) error {
	state, err := e.opts.Base.Load(ctx)
	if err != nil {
		return fmt.Errorf("attach to event log: %w", err)
	}
	if state.Checkpoint.Log == "" {
		e.dropBase()
		return e.lookAndRebuild(ctx)
	}
	// The base may have been appended to since: only what belongs to the
	// state counts, the rest is rendered from the change log.
	upTo, err := e.opts.Base.CursorAt(ctx, state.Checkpoint.ID)
	if err != nil {
		return fmt.Errorf("attach to event log: %w", err)
	}
	err = e.opts.Store.Reset(ctx, e.state.Checkpoint, state.Checkpoint, func(_ *event.Roster, add func(*backend.Batch) error) error {
		return add(&backend.Batch{To: state.Checkpoint, Entries: state.Workspace.AllEntries()})
	})
	if err != nil {
		return err
	}
	e.chain.join(upTo)
	e.stale = true
	return e.refresh(ctx)
}

func (e *Engine) dropBase() {
	e.chain.detach()
	e.chain = nil
}

// reattach handles a change log that is not the one we followed. If the base
// has moved on to the new one, so do we; if nobody carries it, the base tells
// of another history and the host's tables are all there is.
func (e *Engine) reattach(ctx context.Context) error {
	state, err := e.opts.Base.Load(ctx)
	if err == nil && state.Checkpoint.Log != e.state.Checkpoint.Log && state.Checkpoint.Log != "" {
		if err := e.attach(ctx); err != nil {
			return err
		}
		return e.publishedUpTo(ctx)
	}
	e.dropBase()
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return err
	}
	return e.renew(ctx, look)
}

// catchUpFromBase takes from the base what another engine has carried and
// trimmed before we read it: the same events, since rendering is pure.
func (e *Engine) catchUpFromBase(ctx context.Context) error {
	if err := e.refresh(ctx); err != nil {
		return err
	}
	state, err := e.opts.Base.Load(ctx)
	if err != nil {
		return err
	}
	if state.Checkpoint.Log != e.state.Checkpoint.Log || state.Checkpoint.ID <= e.state.Checkpoint.ID {
		return e.reattach(ctx)
	}
	events, err := e.eventsOfChanges(ctx, e.state.Checkpoint.ID, state.Checkpoint.ID)
	if err != nil {
		return err
	}
	batch := &backend.Batch{
		From: e.state.Checkpoint, To: state.Checkpoint, Events: events,
		Entries: difference(e.state.Workspace.AllEntries(), state.Workspace.AllEntries()),
	}
	e.stale = true
	if err := e.opts.Store.Append(ctx, batch); err != nil {
		return err
	}
	e.state.Checkpoint = batch.To
	e.publish(batch.Events)
	e.progress.set(batch.To)
	return nil
}

// eventsOfChanges reads the base's events of the changes after and up to the
// given ids.
func (e *Engine) eventsOfChanges(ctx context.Context, after, upTo int64) ([]event.Event, error) {
	at, err := e.opts.Base.CursorAt(ctx, after)
	if err != nil {
		return nil, err
	}
	var out []event.Event
	for {
		events, err := e.opts.Base.Read(ctx, at, event.Filter{}, e.opts.Limit)
		if err != nil || len(events) == 0 {
			return out, err
		}
		for _, ev := range events {
			if ev.Change > upTo {
				return out, nil
			}
			out = append(out, *ev)
			at = ev.Cursor
		}
	}
}

// difference returns the entries that turn one state into another.
func difference(from, to []claudeslack.Entry) []claudeslack.Entry {
	kept := make(map[[2]string]bool, len(to))
	for _, t := range to {
		kept[[2]string{t.Kind, t.Key}] = true
	}
	out := to
	for _, f := range from {
		if !kept[[2]string{f.Kind, f.Key}] {
			out = append(out, claudeslack.Entry{Kind: f.Kind, Key: f.Key})
		}
	}
	return out
}
