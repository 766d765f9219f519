package trigger

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"cslack-stream/internal/engine/capture/wake"
	"cslack-stream/internal/engine/sqlitedb"
)

// wait returns when something may have been committed. While nothing is, a
// connection of ours keeps the write-ahead log in being, and with anything in
// it, somebody who copies a backup over the database would get a broken file.
// So the engine empties it, and a reader lets go (pipeline rule 1).
func (l *Log) wait(ctx context.Context) error {
	for {
		err := l.watcher.Wait(ctx, func() (bool, error) { return l.look(ctx) })
		if !errors.Is(err, wake.ErrIdle) {
			return err
		}
		if !l.opts.ReadOnly {
			l.upkeep.begin(l.empty)
			l.seen = nowhere // silence is looked at as well
			return nil
		}
		if err := l.host.LetGo(ctx); err != nil {
			return err
		}
	}
}

// look reports whether anything was committed since the last look.
func (l *Log) look(ctx context.Context) (bool, error) {
	changed, err := l.host.Changed(ctx)
	if changed {
		l.seen = nowhere
	}
	return changed, err
}

// empty empties the write-ahead log. That looks like a change to other
// connections, our own included: it does so only when there is something in
// it.
//
// Truncating holds the write lock for as long as it copies, and waits for
// readers with it. So what is in the log is copied beside the writers first:
// the log may have grown to a gigabyte while somebody read for long. Only when
// nothing is left to copy is it truncated, without waiting for anybody.
func (l *Log) empty(ctx context.Context) error {
	info, err := os.Stat(l.host.Path() + "-wal")
	if err != nil || info.Size() == 0 {
		return l.try(ctx) // no log is empty enough
	}
	err = l.write(ctx, func(w *sql.Conn) error {
		busy, pages, moved := 0, 0, 0
		if _, err := w.ExecContext(ctx, `PRAGMA busy_timeout=0`); err != nil {
			return err
		}
		for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
			err := w.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &moved)
			if err == nil && (busy != 0 || moved < pages) {
				err = errInUse
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errInUse) {
		return l.try(ctx)
	}
	return err
}

// errInUse says that somebody reads or writes what is in the write-ahead log.
var errInUse = errors.New("the write-ahead log is in use")

// try takes the write lock and lets go of it, now and then: who has it tells
// nobody, and while nobody else can have it no agent can write.
func (l *Log) try(ctx context.Context) error {
	if !l.upkeep.due() {
		return nil
	}
	return l.write(ctx, func(w *sql.Conn) error {
		return sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error { return nil })
	})
}
