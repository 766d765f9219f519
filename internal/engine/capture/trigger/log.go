// Package trigger captures changes by triggers in the host's database: a
// change log in the writer's own transaction, so that every committed change
// of every process and language is in it, in commit order, and nothing else.
package trigger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/wake"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// Options configure a Log.
type Options struct {
	// Host is the database; the Log closes it.
	Host *capture.Host
	// ReadOnly forbids every write, and lets go of the database while it is
	// silent.
	ReadOnly bool
	// Interval is the longest time between two looks; 0 means the default of
	// package wake.
	Interval time.Duration
	// Logger is told of trouble with writing, and of its end; nil discards it.
	Logger *slog.Logger
}

// Log reads the change log of one database.
type Log struct {
	opts    Options
	host    *capture.Host
	watcher *wake.Watcher
	upkeep  *upkeep
	file    os.FileInfo  // the database's at the last pull
	layout  atomic.Int64 // its schema_version then
	// seen is where the log ended when the connection last noticed a commit:
	// until it notices another one, nothing comes behind it.
	seen claudeslack.Checkpoint
	own  handover
}

// New returns a Log. It opens nothing yet.
func New(opts Options) *Log {
	return &Log{
		opts: opts, host: opts.Host, upkeep: newUpkeep(opts.Logger), seen: nowhere,
		watcher: wake.New(wake.Options{Path: opts.Host.Path() + "-wal", Interval: opts.Interval}),
	}
}

// Next implements capture.Changes.
func (l *Log) Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	defer l.own.expect(nil)
	for {
		l.own.expect(&wanted{after: after, limit: limit})
		run, err := l.next(ctx, after, limit)
		if err == nil && len(run.Changes) == 0 {
			run, err = l.own.take(ctx)
		}
		if err != nil {
			l.seen = nowhere
			return capture.Run{}, err
		}
		if len(run.Changes) > 0 {
			if l.seen == after { // else somebody has committed meanwhile
				l.seen = end(run, after)
			}
			return run, nil
		}
	}
}

// next pulls, or if it is known that nothing is there, waits until something
// may be.
func (l *Log) next(ctx context.Context, after claudeslack.Checkpoint, limit int) (run capture.Run, err error) {
	if after != l.seen {
		if run, err = l.pull(ctx, after, limit); err != nil {
			// Whatever is wrong may be so with this connection alone: the next
			// try must see what is at the path then.
			return run, errors.Join(err, l.host.Disconnect())
		}
		if l.seen = after; len(run.Changes) > 0 {
			return run, nil
		}
	}
	return run, l.wait(ctx)
}

// nowhere is a checkpoint that no log stands at.
var nowhere = claudeslack.Checkpoint{ID: -1}

// end is the checkpoint behind which a run that was read after another leaves
// nothing; nowhere if there is more.
func end(run capture.Run, after claudeslack.Checkpoint) claudeslack.Checkpoint {
	switch n := len(run.Changes); {
	case n == 0:
		return after
	case run.Complete:
		return claudeslack.Checkpoint{Log: after.Log, ID: run.Changes[n-1].ID, Fence: run.Changes[n-1].Fence}
	}
	return nowhere
}

// Look implements capture.Changes: the tables and the change log at one
// moment.
func (l *Log) Look(ctx context.Context) (*capture.Look, error) {
	g, err := l.host.Generation(ctx)
	if err != nil {
		return nil, err
	}
	db, c, err := l.host.Open(ctx)
	if err != nil {
		return nil, err
	}
	look := &capture.Look{Queryer: c, Generation: g, Release: func() { _ = errors.Join(c.Close(), db.Close()) }}
	if look.At, err = l.position(ctx, c); err != nil {
		look.Close()
		return nil, err
	}
	return look, nil
}

// position begins the look's transaction and reads where the change log
// stands in it.
func (l *Log) position(ctx context.Context, c *sql.Conn) (claudeslack.Checkpoint, error) {
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return claudeslack.Checkpoint{}, fmt.Errorf("look at host tables: %w", err)
	}
	var at claudeslack.Checkpoint
	var err error
	at.Log, at.ID, err = stand(ctx, c)
	if errors.Is(err, sql.ErrNoRows) || sqlitedb.Code(err) == 1 {
		return at, capture.ErrReplaced
	}
	if err != nil || at.ID == 0 {
		return at, err
	}
	fence, err := rowsFrom(ctx, c, at.ID, 1)
	if err != nil {
		return at, err
	}
	if len(fence) == 0 {
		return at, fmt.Errorf("%w: change %d, its newest, is missing", capture.ErrReplaced, at.ID)
	}
	at.Fence = fence[0].Fence
	return at, nil
}

// Wake lets Next read at once: this process itself has committed. It may be
// called from any goroutine.
func (l *Log) Wake() { l.watcher.Wake() }

// Close releases the database.
func (l *Log) Close() error {
	l.upkeep.close()
	err := errors.Join(l.watcher.Close(), l.host.Close())
	l.leave()
	return err
}
