package engine_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// TestRule3_ReusedChangeIDsAndMore: the other history has gone further than
// the one that was carried, so nothing but the fence tells them apart.
func TestRule3_ReusedChangeIDsAndMore(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	backup, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	e := startCarrier(t, db)
	w.Exec(says("lost", 5)...)
	contents(t, e.operator(t, event.Cursor{}), "lost4")
	e.stop()
	if err := os.WriteFile(db, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Exec(says("instead", 8)...)
	if diff := cmp.Diff(numbered("instead", 8), startCarrier(t, db).messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule3_OtherHistoryAsLong: while the engine runs, a file with another
// history of the same length is copied over the database. That is noticed
// though nothing is written behind it.
func TestRule3_OtherHistoryAsLong(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	other := filepath.Join(t.TempDir(), "other.db")
	copyFile(t, db, other)
	hosttest.StartWriter(t, other).Exec(says("other", 5)...)
	e := startCarrier(t, db)
	s := e.operator(t, event.Cursor{})
	w.Exec(says("lost", 5)...)
	contents(t, s, "lost4")
	w.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	copyFile(t, other, db)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := s.Next(ctx)
	if gap, ok := errors.AsType[*event.GapError](err); !ok || gap.Reason != event.GapEpoch {
		t.Errorf("got %v, want a gap of another epoch", err)
	}
	if diff := cmp.Diff(numbered("other", 5), e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// copyFile copies in another process: closing a database's file in this one
// would drop SQLite's locks on it.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
}
