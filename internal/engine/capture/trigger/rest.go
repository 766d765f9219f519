package trigger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

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
		if news, err := l.letGo(ctx); err != nil || news {
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

// settled is how long nothing must have been written for the connection to be
// closed. A writer writes first, waits for its disk, and then lets others see
// the commit, which no file tells.
const settled = 900 * time.Millisecond

// letGo closes the connection, unless something was committed after all, which
// it reports. The host takes the files as they are once it is closed for what
// was seen; so a commit between the last glance and that must show here.
func (l *Log) letGo(ctx context.Context) (news bool, err error) {
	before := l.files()
	for _, f := range before {
		if quiet := time.Since(f.time); quiet >= 0 && quiet < settled {
			return false, nil
		}
	}
	if news, err := l.host.Changed(ctx); err != nil || news {
		return news, err
	}
	if err := l.host.Disconnect(); err != nil {
		return false, err
	}
	return l.files() != before, nil
}

// fileState is what can be told of a file without opening it.
type fileState struct {
	size int64
	time time.Time
}

// files returns the state of the database and of its write-ahead log.
func (l *Log) files() (state [2]fileState) {
	for i, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(l.host.Path() + suffix); err == nil {
			state[i] = fileState{info.Size(), info.ModTime()}
		}
	}
	return state
}
