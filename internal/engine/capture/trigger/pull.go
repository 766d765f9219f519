package trigger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

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
		if err := l.checkTriggers(ctx, c); err != nil {
			return err
		}
		// The read lock is there: nothing is waited for from here on, and what
		// can not be cancelled costs less.
		ctx := context.WithoutCancel(ctx)
		newest, err := verify(ctx, kept{l.host}, after)
		if err != nil || newest == after.ID {
			return err
		}
		run, err = read(ctx, kept{l.host}, after, newest, limit)
		return err
	})
	return run, err
}

// queryer runs queries on a connection that is in a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// kept prepares each query once for the life of the host's connection. It is
// for use inside View.
type kept struct{ host *capture.Host }

// QueryContext implements queryer.
func (k kept) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := k.host.Prepared(ctx, query) //nolint:sqlclosecheck // kept for the connection's life
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
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

// checkTriggers looks at the triggers if the schema has changed.
func (l *Log) checkTriggers(ctx context.Context, c *sql.Conn) error {
	changed, layout, err := l.host.SchemaChanged(ctx)
	if err != nil {
		return err
	}
	if changed {
		s, err := ReadStatus(ctx, c)
		if err != nil {
			return err
		}
		if !s.Installed {
			return fmt.Errorf("%w: its triggers are missing or changed", capture.ErrReplaced)
		}
		l.host.AcceptSchema(layout)
	}
	l.layout.Store(layout)
	return nil
}

// verify checks epoch, sequence and, unless there is more to read, the fence.
// It returns the newest id.
func verify(ctx context.Context, q queryer, after claudeslack.Checkpoint) (newest int64, err error) {
	epoch, newest, err := stand(ctx, q)
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
		return newest, checkFence(ctx, q, after)
	}
	return newest, nil
}

// stand reads the change log's epoch and newest id.
func stand(ctx context.Context, q queryer) (epoch string, newest int64, err error) {
	rows, err := q.QueryContext(ctx, standing)
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	if !rows.Next() {
		return "", 0, cmp.Or(rows.Err(), sql.ErrNoRows)
	}
	err = rows.Scan(&epoch, &newest)
	return epoch, newest, err
}

// checkFence looks at the row at the checkpoint alone.
func checkFence(ctx context.Context, q queryer, after claudeslack.Checkpoint) error {
	run, err := rowsFrom(ctx, q, after.ID, 1)
	if err != nil {
		return err
	}
	_, err = behindFence(run, after, after.ID)
	return err
}

// read returns the rows behind the checkpoint; the first row read is the one
// at it, the fence.
func read(ctx context.Context, q queryer, after claudeslack.Checkpoint, newest int64, limit int) (capture.Run, error) {
	fence := 0
	if after.ID > 0 {
		fence = 1
	}
	changes, err := rowsFrom(ctx, q, after.ID, limit+fence)
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

// rowsFrom reads changes.
func rowsFrom(ctx context.Context, q queryer, from int64, limit int) ([]claudeslack.Change, error) {
	rows, err := q.QueryContext(ctx, changesFrom, from, limit)
	if err != nil {
		return nil, fmt.Errorf("read change log: %w", err)
	}
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
