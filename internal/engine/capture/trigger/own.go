package trigger

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// wanted is what a Next would pull while nothing is there yet.
type wanted struct {
	after claudeslack.Checkpoint
	limit int

	promised chan struct{} // closed when run is set; nil while nobody promises it
	run      capture.Run
}

// handover is how a write of this process's own brings its changes to the Next
// that waits for them.
type handover struct {
	mu   sync.Mutex
	want *wanted // nil while there is no Next
}

// expect says what Next is about to wait for.
func (h *handover) expect(w *wanted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.want = w
}

// promise returns what is wanted, for somebody who holds the database's write
// lock and is about to commit it, to be given then; nil if nothing is.
func (h *handover) promise() *wanted {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.want
	if w == nil || w.promised != nil {
		return nil
	}
	w.promised = make(chan struct{})
	return w
}

// give keeps the promise; the run is empty if nothing came of it.
func (w *wanted) give(run capture.Run) {
	w.run = run
	close(w.promised)
}

// patience is how long a promised commit is waited for. On a slow disk, or with
// a large write-ahead log to copy, it takes longer; others commit meanwhile.
const patience = 10 * time.Millisecond

// take ends the waiting. It returns what was promised, if that is committed
// soon.
func (h *handover) take(ctx context.Context) (capture.Run, error) {
	h.mu.Lock()
	w := h.want
	h.want = nil
	h.mu.Unlock()
	if w.promised == nil {
		return capture.Run{}, nil
	}
	select {
	case <-w.promised:
		return w.run, nil
	case <-time.After(patience):
		return capture.Run{}, nil
	case <-ctx.Done():
		return capture.Run{}, ctx.Err()
	}
}

// Write makes a write of this process's own: it runs write in a transaction on
// c, a connection to the same database, that takes the write lock at once. A
// Next that waits gets what the triggers have noted, up to that commit, as
// soon as it is made, without looking at the database again. The error is that
// of the transaction. It may be called from any goroutine.
func (l *Log) Write(ctx context.Context, c *sql.Conn, write func() error) error {
	file, _ := os.Stat(l.host.Path())
	var want *wanted
	var run capture.Run
	err := sqlitedb.Tx(ctx, c, "BEGIN IMMEDIATE", func() error {
		if err := write(); err != nil {
			return err
		}
		if want = l.own.promise(); want != nil {
			l.Wake() // by the time of the commit it is awake
			// Whatever keeps it from being read here, the next pull will tell.
			run, _ = l.readOwn(ctx, c, want, file)
		}
		return nil
	})
	switch {
	case want != nil && err == nil:
		want.give(run)
	case want != nil:
		want.give(capture.Run{})
	case err == nil:
		l.Wake()
	}
	return err
}

// readOwn pulls what is wanted inside the transaction that writes it into this
// file, by the same rules.
func (l *Log) readOwn(ctx context.Context, c *sql.Conn, want *wanted, file os.FileInfo) (capture.Run, error) {
	// Whoever waited for the write lock, or wrote for long, may have done so in
	// a file that another one has taken the place of.
	now, err := os.Stat(l.host.Path())
	if err != nil || !os.SameFile(now, file) {
		return capture.Run{}, err
	}
	var layout int64
	err = c.QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&layout)
	if err != nil || layout != l.layout.Load() {
		return capture.Run{}, err
	}
	newest, err := verify(ctx, c, want.after)
	if err != nil || newest == want.after.ID {
		return capture.Run{}, err
	}
	return read(ctx, c, want.after, newest, want.limit)
}
