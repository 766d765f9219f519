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
	file    os.FileInfo // the database's at the last pull
}

// New returns a Log. It opens nothing yet.
func New(opts Options) *Log {
	return &Log{
		opts: opts, host: opts.Host, upkeep: newUpkeep(opts.Logger),
		watcher: wake.New(wake.Options{Path: opts.Host.Path() + "-wal", Interval: opts.Interval}),
	}
}

// Next implements capture.Changes.
func (l *Log) Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	for {
		run, err := l.pull(ctx, after, limit)
		if err != nil {
			// Whatever is wrong may be so with this connection alone: the next
			// try must see what is at the path then.
			return run, errors.Join(err, l.host.Disconnect())
		}
		if len(run.Changes) > 0 {
			return run, nil
		}
		if err := l.wait(ctx); err != nil {
			return capture.Run{}, err
		}
	}
}

// newestID is the newest id that was ever given. The sequence remembers it
// when the rows are gone; but a statement that fails with OR FAIL leaves its
// rows without having moved the sequence.
const newestID = `max(coalesce((SELECT seq FROM sqlite_sequence WHERE name='cslack_change'),0),coalesce((SELECT max(id) FROM cslack_change),0))`

// standing reads the change log's epoch and newest id.
const standing = `SELECT v,` + newestID + ` FROM cslack_meta WHERE k='epoch'`

// pull reads what lies behind the checkpoint in one short read transaction,
// and proves in the same that the log is the one that was carried.
func (l *Log) pull(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	var run capture.Run
	if err := l.follow(); err != nil {
		return run, err
	}
	err := l.host.View(ctx, func(c *sql.Conn) error {
		newest, err := l.verify(ctx, c, after)
		if err != nil || newest == after.ID {
			return err
		}
		run, err = l.read(ctx, after, newest, limit)
		return err
	})
	return run, err
}

// follow lets go of a file that another one has taken the place of: the old
// one's connection would read the new one's write-ahead log as its own.
func (l *Log) follow() error {
	info, err := os.Stat(l.host.Path())
	if err != nil {
		return fmt.Errorf("look at host database: %w", err)
	}
	moved := l.file != nil && !os.SameFile(info, l.file)
	l.file = info
	if moved {
		return l.host.Disconnect()
	}
	return nil
}

// verify checks epoch, sequence and triggers, and returns the newest id.
func (l *Log) verify(ctx context.Context, c *sql.Conn, after claudeslack.Checkpoint) (newest int64, err error) {
	changed, layout, err := l.host.SchemaChanged(ctx)
	if err != nil {
		return 0, err
	}
	if changed {
		s, err := ReadStatus(ctx, c)
		if err != nil {
			return 0, err
		}
		if !s.Installed {
			return 0, fmt.Errorf("%w: its triggers are missing or changed", capture.ErrReplaced)
		}
		l.host.AcceptSchema(layout)
	}
	var epoch string
	stmt, err := l.host.Prepared(ctx, standing) //nolint:sqlclosecheck // kept for the connection's life
	if err == nil {
		err = stmt.QueryRowContext(ctx).Scan(&epoch, &newest)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), sqlitedb.Code(err) == 1: // no such table
		return 0, fmt.Errorf("%w: it is not there", capture.ErrReplaced)
	case err != nil:
		return 0, fmt.Errorf("read change log: %w", err)
	case epoch != after.Log:
		return 0, fmt.Errorf("%w: it has another epoch", capture.ErrReplaced)
	case newest < after.ID:
		return 0, fmt.Errorf("%w: it has gone back from change %d to %d", capture.ErrReplaced, after.ID, newest)
	case newest == after.ID && after.ID > 0:
		return newest, l.checkFence(ctx, after)
	}
	return newest, nil
}

// checkFence looks at the row at the checkpoint alone.
func (l *Log) checkFence(ctx context.Context, after claudeslack.Checkpoint) error {
	run, err := l.rows(ctx, after.ID, 1)
	if err != nil {
		return err
	}
	_, err = behindFence(run, after, after.ID)
	return err
}

// read returns the rows behind the checkpoint; the first row read is the one
// at it, the fence.
func (l *Log) read(ctx context.Context, after claudeslack.Checkpoint, newest int64, limit int) (capture.Run, error) {
	fence := 0
	if after.ID > 0 {
		fence = 1
	}
	changes, err := l.rows(ctx, after.ID, limit+fence)
	if err != nil {
		return capture.Run{}, err
	}
	if changes, err = behindFence(changes, after, newest); err != nil {
		return capture.Run{}, err
	}
	last := after.ID
	for _, ch := range changes {
		if ch.ID != last+1 {
			return capture.Run{}, fmt.Errorf("%w: change %d is missing", capture.ErrReplaced, last+1)
		}
		last = ch.ID
	}
	return capture.Run{Changes: changes, Complete: last == newest}, nil
}

// behindFence checks that the first change is the one at the checkpoint,
// unchanged, and returns the rest.
func behindFence(changes []claudeslack.Change, after claudeslack.Checkpoint, newest int64) ([]claudeslack.Change, error) {
	first := newest + 1
	if len(changes) > 0 {
		first = changes[0].ID
	}
	if after.ID == 0 {
		if first > 1 {
			return nil, &capture.TrimmedError{First: first}
		}
		return changes, nil
	}
	if first > after.ID {
		return nil, &capture.TrimmedError{First: first}
	}
	if changes[0].Fence != after.Fence {
		return nil, fmt.Errorf("%w: change %d is another one", capture.ErrReplaced, after.ID)
	}
	return changes[1:], nil
}

const changesFrom = `SELECT ` + changeColumns + ` FROM cslack_change WHERE id>=? ORDER BY id LIMIT ?`

// rows reads changes on the host's connection, inside View.
func (l *Log) rows(ctx context.Context, from int64, limit int) ([]claudeslack.Change, error) {
	stmt, err := l.host.Prepared(ctx, changesFrom) //nolint:sqlclosecheck // kept for the connection's life
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, from, limit)
	if err != nil {
		return nil, fmt.Errorf("read change log: %w", err)
	}
	return decodeRows(rows)
}

func decodeRows(rows *sql.Rows) ([]claudeslack.Change, error) {
	defer rows.Close()
	var values, targets [columnCount]any
	for i := range values {
		targets[i] = &values[i]
	}
	var changes []claudeslack.Change
	for rows.Next() {
		if err := rows.Scan(targets[:]...); err != nil {
			return nil, fmt.Errorf("read change log: %w", err)
		}
		ch, err := decode(values[:])
		if err != nil {
			return nil, err
		}
		changes = append(changes, ch)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read change log: %w", err)
	}
	return changes, nil
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
	err := c.QueryRowContext(ctx, standing).Scan(&at.Log, &at.ID)
	if errors.Is(err, sql.ErrNoRows) || sqlitedb.Code(err) == 1 {
		return at, capture.ErrReplaced
	}
	if err != nil || at.ID == 0 {
		return at, err
	}
	rows, err := c.QueryContext(ctx, changesFrom, at.ID, 1)
	if err != nil {
		return at, fmt.Errorf("read change log: %w", err)
	}
	fence, err := decodeRows(rows)
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
