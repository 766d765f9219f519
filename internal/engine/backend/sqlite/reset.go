package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// Reset begins a new epoch in one transaction: it removes all events and
// state, calls fill, which adds batches of backfilled events and the
// workspace's entries, and leaves the log standing at a checkpoint. It returns
// backend.ErrConflict if the log does not stand at from: another engine has
// carried on, or has begun the new epoch already.
//
// A file with an archive is copied before, to a file named after it and the
// epoch that ends: see [PastPath].
func (l *Log) Reset(ctx context.Context, from, at claudeslack.Checkpoint, fill func(roster *event.Roster, add func(*backend.Batch) error) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.renew(ctx); err != nil {
		return fmt.Errorf("reset event log: %w", err)
	}
	err := sqlitedb.Tx(ctx, l.writer, "BEGIN IMMEDIATE", func() error {
		epoch, err := l.standsAt(ctx, from)
		if err == nil {
			err = l.keepPast(ctx, epoch)
		}
		if err == nil {
			err = l.reset(ctx, at, fill)
		}
		return err
	})
	if err != nil && !errors.Is(err, backend.ErrConflict) {
		return l.failed("reset event log", err)
	}
	return err
}

func (l *Log) reset(ctx context.Context, at claudeslack.Checkpoint, fill func(roster *event.Roster, add func(*backend.Batch) error) error) error {
	// A new epoch has no marks; without their triggers deleting everything is
	// fast.
	epoch := event.NewEpoch()
	_, err := l.writer.ExecContext(ctx, `DROP TRIGGER event_stream_mark; DROP TRIGGER event_archive_mark;
DELETE FROM event_stream; DELETE FROM event_archive; DELETE FROM agent; DELETE FROM audience; DELETE FROM workspace;
UPDATE meta SET epoch='`+epoch+`',trimmed_dm=0,trimmed_rest=0,lost_dm=0,lost_rest=0;`+marks)
	if err != nil {
		return err
	}
	l.forget()
	if err := fill(new(event.Roster), func(b *backend.Batch) error { return l.append(ctx, epoch, b) }); err != nil {
		return err
	}
	return l.append(ctx, epoch, &backend.Batch{To: at})
}

// PastPath is where the events of an epoch that has ended are kept, if there
// was an archive in its event file.
func PastPath(file, epoch string) string {
	ext := filepath.Ext(file)
	return strings.TrimSuffix(file, ext) + "-" + epoch + ext
}

// keepPast copies a file that holds an archive, whole: the epoch, agents and
// audiences of its events end with the reset. The write lock is held: another
// engine that is to do the same waits, and finds that it is done.
func (l *Log) keepPast(ctx context.Context, epoch string) error {
	var archived bool
	err := l.writer.QueryRowContext(ctx, `SELECT EXISTS(SELECT 1 FROM event_archive)`).Scan(&archived)
	if err != nil || !archived {
		return err
	}
	to := PastPath(l.opts.Path, epoch)
	if err := l.copyTo(ctx, to); err != nil {
		return fmt.Errorf("keep the archive of epoch %s in %s (make room, or empty event_archive to go on without it): %w", epoch, to, err)
	}
	return nil
}

// copyTo copies the file, with its permissions; to is there whole or not at
// all.
func (l *Log) copyTo(ctx context.Context, to string) error {
	info, err := os.Stat(l.opts.Path)
	if err != nil {
		return err
	}
	unfinished := to + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		// Which can not be done inside a transaction.
		_, err = l.readers.Load().ExecContext(ctx, `VACUUM INTO ?`, unfinished)
	}
	if err == nil {
		err = os.Rename(unfinished, to)
	}
	return err
}
