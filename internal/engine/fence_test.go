package engine_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
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

// TestRule3_TrimKeepsFence: carried changes are trimmed below the one at the
// checkpoint, and only after they are durable.
func TestRule3_TrimKeepsFence(t *testing.T) {
	db, w := newWorld(t)
	var synced, trims atomic.Int64
	e := startCarrier(t, db, func(o *engine.Options) {
		o.Store = &observed{Store: o.Store, synced: &synced}
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
	})
	all := e.operator(t, event.Cursor{})
	w.Exec(says("m", 20)...)
	contents(t, all, "m19")
	for trims.Load() < 20 { // every two seconds at most
		w.Exec(`PRAGMA user_version`)
	}
	e.stop()
	host := capture.NewHost(db)
	defer host.Close()
	log := trigger.New(trigger.Options{Host: host, ReadOnly: true})
	look, err := log.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	if look.At.ID != 20 || look.At.Fence == "" {
		t.Errorf("got %+v, want the newest change, 20, to be there still", look.At)
	}
	if _, err := log.Next(t.Context(), claudeslack.Checkpoint{Log: look.At.Log, ID: 10}, 10); !isTrimmed(err) {
		t.Errorf("got %v, want the changes below to be trimmed", err)
	}
}

func isTrimmed(err error) bool {
	var gone *capture.TrimmedError
	return errors.As(err, &gone)
}

// observed counts what is done to a store.
type observed struct {
	engine.Store
	synced *atomic.Int64
}

func (o *observed) Sync(ctx context.Context) error {
	cp, err := o.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if err := o.Store.Sync(ctx); err != nil {
		return err
	}
	o.synced.Store(cp.ID)
	return nil
}

// trimWatch notes what is trimmed, and fails the test if it was not made
// durable.
type trimWatch struct {
	*trigger.Log
	t      *testing.T
	synced *atomic.Int64
	trims  *atomic.Int64
}

func (w *trimWatch) Trim(ctx context.Context, file string, below claudeslack.Checkpoint) (int, error) {
	if below.ID > w.synced.Load() {
		w.t.Errorf("trim below %d, but only %d is durable", below.ID, w.synced.Load())
	}
	defer w.trims.Store(below.ID)
	return w.Log.Trim(ctx, file, below)
}

// TestRule3_ReusedChangeIDs: after a power loss at the host, or a restored
// backup, ids are given again to other changes. The fence notices, and what
// was written then is not skipped.
func TestRule3_ReusedChangeIDs(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(say("before"))
	contents(t, e.operator(t, event.Cursor{}), "before")
	e.stop()
	backup, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	e = startCarrier(t, db)
	w.Exec(says("lost", 5)...)
	all := e.operator(t, event.Cursor{})
	contents(t, all, "lost4")
	cursor := all.Cursor()
	e.stop()
	if err := os.WriteFile(db, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Exec(says("instead", 5)...)
	e = startCarrier(t, db)
	_, err = e.Subscribe(t.Context(), event.Request{Operator: true, After: cursor})
	var gap *event.GapError
	if !errors.As(err, &gap) || gap.Reason != event.GapEpoch {
		t.Errorf("resume: got %v, want a gap of another epoch", err)
	}
	if diff := cmp.Diff(append([]string{"before"}, numbered("instead", 5)...), e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
