package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

const (
	// Carried changes are removed from the host's file after trimEvery of
	// silence; while changes come, every trimBusy or when there are trimRows:
	// a commit of ours is one more that the host's writers may have to wait
	// for.
	trimEvery = 2 * time.Second
	trimBusy  = 10 * time.Second
	trimRows  = 1000
	// expireEvery is how often the janitor looks for expired events.
	expireEvery = time.Minute
)

// janitor removes or archives in small slices what is expired.
type janitor struct{ trouble atomic.Pointer[error] }

// Trouble implements Troubled.
func (j *janitor) Trouble() error {
	if err := j.trouble.Load(); err != nil {
		return fmt.Errorf("expired events can not be removed: %w", *err)
	}
	return nil
}

// expireForEver lets the janitor work. What keeps it from that is logged once,
// and when it has passed.
func (e *Engine) expireForEver(ctx context.Context) {
	var slice sqlitedb.Slice
	for {
		n, err := e.opts.Store.Expire(ctx, e.opts.Now(), slice.Begin())
		if ctx.Err() != nil {
			return
		}
		e.noteExpiry(err)
		if n > 0 && err == nil {
			slice.End(ctx)
		} else {
			sleep(ctx, expireEvery)
		}
	}
}

func (e *Engine) noteExpiry(err error) {
	failing := e.janitor.Trouble() != nil
	if err == nil {
		e.janitor.trouble.Store(nil)
		if failing {
			e.logger.Info("expired events are removed again")
		}
		return
	}
	err = sqlitedb.Explained(err)
	e.janitor.trouble.Store(&err)
	if !failing {
		e.logger.Warn("expired events can not be removed; trying again", slog.Any("error", err))
	}
}

// trimForEver removes carried changes from the host's file, while this is the
// engine that carries. Nothing waits for it.
func (e *Engine) trimForEver(ctx context.Context) {
	changes, ok := e.opts.Changes.(Trimmer)
	if !ok || e.opts.File == nil {
		return
	}
	var trimmed claudeslack.Checkpoint
	for ctx.Err() == nil {
		at, err := e.progress.beyond(ctx, trimmed)
		if err != nil {
			return
		}
		at = e.settled(ctx, at, trimmed)
		if !e.Condition().Carries {
			trimmed = at
			continue
		}
		if e.trim(ctx, changes, at) == nil {
			trimmed = at // what is wrong otherwise, capture or the log itself tells
		}
	}
}

// settled waits until nothing more comes, or there is enough to trim, and
// returns how far changes are carried then.
func (e *Engine) settled(ctx context.Context, at, trimmed claudeslack.Checkpoint) claudeslack.Checkpoint {
	for waited := time.Duration(0); waited < trimBusy; waited += trimEvery {
		sleep(ctx, trimEvery)
		now := e.progress.now()
		if now == at || now.ID-trimmed.ID >= trimRows {
			return now
		}
		at = now
	}
	return at
}

// trim removes the changes below at. They must be durable in the log first,
// and the one at it stays: it proves later that the change log is still the
// same.
func (e *Engine) trim(ctx context.Context, changes Trimmer, at claudeslack.Checkpoint) error {
	file, err := e.opts.File(ctx)
	if err == nil {
		err = e.opts.Store.Sync(ctx)
	}
	if err == nil {
		_, err = changes.Trim(ctx, file, at)
	}
	return err
}
