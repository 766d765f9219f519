package engine_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// busy finds the database busy at the first attempt to trim it.
type busy struct {
	*trigger.Log
	locked error
}

func (b *busy) Trim(ctx context.Context, file string, below claudeslack.Checkpoint) (int, error) {
	if err := b.locked; err != nil {
		b.locked = nil
		return 0, err
	}
	return b.Log.Trim(ctx, file, below)
}

// TestEngine_TrimsWhatIsLeft: what an engine before has carried and not
// trimmed is trimmed though nothing more happens, up to the fence, and a busy
// database only delays that.
func TestEngine_TrimsWhatIsLeft(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db, func(o *engine.Options) { o.File = nil }) // never trims
	s := e.operator(t, event.Cursor{})
	w.Exec(manyMessages(2500), say("last"))
	contents(t, s, "last")
	e.stop()
	rows := changesIn(t, db)
	if n := rows(); n != 2501 {
		t.Fatalf("got %d changes, want all that were carried", n)
	}
	trims := &busy{locked: lockedError(t, db)}
	startCarrier(t, db, func(o *engine.Options) {
		trims.Log = o.Changes.(*trigger.Log)
		o.Changes = trims
	})
	for rows() > 1 {
		w.Exec(`PRAGMA user_version`)
	}
}

// changesIn returns what counts the changes in a change log.
func changesIn(t *testing.T, db string) func() int {
	t.Helper()
	handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(c.Close(), handle.Close()) })
	return func() (n int) {
		t.Helper()
		if err := c.QueryRowContext(t.Context(), `SELECT count(*) FROM cslack_change`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// TestEngine_TrimsForAnotherEventFile: somebody removes the event file and has
// another one made, which the engine goes on in. It trims for that one.
func TestEngine_TrimsForAnotherEventFile(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(say("before"))
	contents(t, e.operator(t, event.Cursor{}), "before")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(eventFile(db) + suffix); err != nil {
			t.Fatal(err)
		}
	}
	startCarrier(t, db).stop()
	w.Exec(says("m", 20)...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for rows := changesIn(t, db); rows() > 1; {
		if ctx.Err() != nil {
			t.Fatalf("got %d changes, want what is carried trimmed", rows())
		}
		w.Exec(`PRAGMA user_version`)
	}
}

// lockedError is what SQLite says of a database that somebody else writes to.
func lockedError(t *testing.T, db string) error {
	t.Helper()
	var errs [2]error
	for i := range errs {
		handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadWrite, "busy_timeout(0)")
		if err != nil {
			t.Fatal(err)
		}
		defer handle.Close()
		defer c.Close()
		_, errs[i] = c.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	}
	if errs[0] != nil || !sqlitedb.IsBusy(errs[1]) {
		t.Fatalf("got %v, want that the second finds the database busy", errs)
	}
	return errs[1]
}
