package engine

import (
	"context"
	"errors"
	"log/slog"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// replaced begins a new epoch: the change log is not the one that was carried
// so far. Readers with older cursors get a gap.
func (e *Engine) replaced(ctx context.Context, cause error) error {
	err := e.beginAgain(ctx)
	if err == nil {
		e.logger.Warn("the host's database or its change log was replaced; beginning a new epoch", slog.Any("cause", cause))
	}
	return err
}

func (e *Engine) beginAgain(ctx context.Context) error {
	if e.chain != nil {
		return e.reattach(ctx)
	}
	if e.opts.Install != nil {
		look, err := e.opts.Install(ctx)
		if err != nil {
			return err
		}
		if look != nil {
			return e.renew(ctx, look)
		}
	}
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return err
	}
	return e.renew(ctx, look)
}

func (e *Engine) renew(ctx context.Context, look *capture.Look) error {
	if err := e.rebuild(ctx, look); err != nil {
		return err
	}
	return e.publishedUpTo(ctx)
}

func (e *Engine) lookAndRebuild(ctx context.Context) error {
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return err
	}
	return e.rebuild(ctx, look)
}

// rebuild begins a new epoch from what the host's tables say at one moment,
// and closes the look. What is in the tables already is backfilled; what is
// committed meanwhile waits in the change log behind the look's position. If
// another engine has carried on or begun the epoch meanwhile, what it has made
// counts: if that is of the past too, the next read says so.
func (e *Engine) rebuild(ctx context.Context, look *capture.Look) error {
	defer look.Close()
	tables, err := claudeslack.ReadTables(ctx, look, look.Generation)
	if err != nil {
		return err
	}
	err = e.opts.Store.Reset(ctx, e.state.Checkpoint, look.At, func(roster *event.Roster, add func(*backend.Batch) error) error {
		ws := claudeslack.NewWorkspace(roster)
		ws.Seed(tables)
		if err := add(&backend.Batch{To: look.At, Entries: ws.TakeEntries()}); err != nil {
			return err
		}
		return ws.Backfill(ctx, look, tables, e.opts.Now(), func(events []event.Event) error {
			return add(&backend.Batch{To: look.At, Events: events})
		})
	})
	if err != nil && !errors.Is(err, backend.ErrConflict) {
		return err
	}
	e.setFollowing(err != nil)
	look.Close()
	e.stale = true
	return e.refresh(ctx)
}
