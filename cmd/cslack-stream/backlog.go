package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/sqlitedb"
)

// backlog is how much the change log holds: what is carried, and can be
// trimmed, and what waits for somebody to carry it.
type backlog struct {
	carried, waiting sqlitedb.Extent
	newest           int64
}

// Beyond these a change log has been forgotten: it grows with every change as
// long as nobody carries it.
const (
	forgottenAfter = 7 * 24 * time.Hour
	forgottenBytes = 256 << 20
)

// backlogRemedy says what to do about changes that wait.
const backlogRemedy = "run serve, or capture install from time to time; if none will run, capture uninstall"

// readBacklog measures the change log, which is carried into the event file at
// file.
func readBacklog(ctx context.Context, host *capture.Host, path, file string, s trigger.Status) (b backlog, err error) {
	b.newest = s.Newest
	carried, err := carriedUpTo(ctx, path, file, s)
	if err != nil {
		return b, err
	}
	err = host.View(ctx, func(c *sql.Conn) (err error) {
		b.carried, b.waiting, err = trigger.ReadExtents(ctx, c, carried)
		return err
	})
	return b, err
}

// carriedUpTo is the last change that is in the event file; 0 if there is no
// event file of this change log.
func carriedUpTo(ctx context.Context, path, file string, s trigger.Status) (int64, error) {
	if _, err := os.Stat(file); err != nil {
		return 0, nil //nolint:nilerr // then nothing is carried
	}
	log, err := openEvents(ctx, path, sqlite.Options{Path: file, ReadOnly: true})
	if errors.Is(err, sqlite.ErrForeign) {
		return 0, nil // the database is a copy
	}
	if err != nil {
		return 0, err
	}
	defer log.Close()
	at, err := log.Checkpoint(ctx)
	if err != nil || at.Log != s.Epoch {
		return 0, err
	}
	return at.ID, nil
}

// print prints the lines of capture status.
func (b backlog) print(w io.Writer) {
	fmt.Fprintf(w, "change log newest change %d; %d carried: %s\n", b.newest, b.carried.Rows, b.carried)
	if b.waiting.Rows == 0 {
		fmt.Fprintln(w, "waiting    no changes")
		return
	}
	fmt.Fprintf(w, "waiting    %d changes that nobody has carried: %s; %s\n", b.waiting.Rows, b.waiting, backlogRemedy)
}

// checkBacklog finds installations that everybody has forgotten.
func (d *doctor) checkBacklog(ctx context.Context, host *capture.Host, path, file string, s trigger.Status) {
	b, err := readBacklog(ctx, host, path, file, s)
	forgotten := b.waiting.Rows > 0 && (time.Since(b.waiting.Oldest) > forgottenAfter || b.waiting.Bytes > forgottenBytes)
	switch {
	case err != nil:
		d.bad("change log", "%v", err)
	case forgotten:
		d.bad("change log", "%d changes wait (%s), and nobody carries them: %s", b.waiting.Rows, b.waiting, backlogRemedy)
	case b.waiting.Rows > 0:
		d.note("change log", "%d changes wait (%s) for serve or capture install", b.waiting.Rows, b.waiting)
	default:
		d.ok("change log", "everything is carried")
	}
}
