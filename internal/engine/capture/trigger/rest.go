package trigger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
		err := l.watcher.Wait(ctx, func() (bool, error) { return l.host.Changed(ctx) })
		if !errors.Is(err, wake.ErrIdle) {
			return err
		}
		if !l.opts.ReadOnly {
			return l.empty(ctx)
		}
		if err := l.host.LetGo(ctx); err != nil {
			return err
		}
	}
}

// empty empties the write-ahead log. That looks like a change to other
// connections, our own included: it does so only when there is something in
// it.
func (l *Log) empty(ctx context.Context) error {
	info, err := os.Stat(l.host.Path() + "-wal")
	if err != nil || info.Size() == 0 {
		return nil //nolint:nilerr // no log is empty enough
	}
	err = l.write(ctx, func(w *sql.Conn) error {
		var busy, pages, moved int
		return w.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
	})
	if err != nil && !sqlitedb.IsBusy(err) {
		return fmt.Errorf("checkpoint host database: %w", err)
	}
	return nil
}
