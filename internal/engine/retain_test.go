package engine_test

import (
	"context"
	"testing"

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
	e := startCarrier(t, db, func(o *engine.Options) { o.File = "" }) // never trims
	s := e.operator(t, event.Cursor{})
	w.Exec(manyMessages(2500), say("last"))
	contents(t, s, "last")
	e.stop()
	handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	defer c.Close()
	rows := func() (n int) {
		if err := c.QueryRowContext(t.Context(), `SELECT count(*) FROM cslack_change`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
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
