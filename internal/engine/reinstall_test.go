package engine_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// TestRule8_ReinstalledBehindTheEngine: the triggers are removed and made
// again between two pulls of a running engine. No change was carried, so there
// is no fence: only the epoch tells that the log is another one.
func TestRule8_ReinstalledBehindTheEngine(t *testing.T) {
	db, w := newWorld(t)
	gate := make(chan struct{})
	e := startCarrier(t, db, func(o *engine.Options) { o.Changes = &gated{Changes: o.Changes, gate: gate} })
	s := e.operator(t, e.Window().Latest())
	if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, true); err != nil {
		t.Fatal(err)
	}
	w.Exec(say("unseen"))
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	w.Exec(say("seen"))
	close(gate)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	events, err := s.Next(ctx)
	if gap, ok := errors.AsType[*event.GapError](err); !ok || gap.Reason != event.GapEpoch {
		t.Errorf("got %d events and %v, want a gap of another epoch", len(events), err)
	}
	if diff := cmp.Diff([]string{"unseen", "seen"}, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule8_TriggerRemovedBehindTheEngine: without one of its triggers the
// change log would be silent about what it no longer logs.
func TestRule8_TriggerRemovedBehindTheEngine(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(say("before"))
	s := e.operator(t, event.Cursor{})
	contents(t, s, "before")
	w.Exec("BEGIN IMMEDIATE", "DROP TRIGGER cslack_mi", say("unseen"), "COMMIT")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	events, err := s.Next(ctx)
	if gap, ok := errors.AsType[*event.GapError](err); !ok || gap.Reason != event.GapEpoch {
		t.Errorf("got %d events and %v, want a gap of another epoch", len(events), err)
	}
	w.Exec(say("after"))
	contents(t, e.operator(t, event.Cursor{}), "after")
	if diff := cmp.Diff([]string{"before", "unseen", "after"}, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule8_HoleInTheChangeLog: the first change read must be the one behind
// what was carried.
func TestRule8_HoleInTheChangeLog(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(say("before"))
	s := e.operator(t, event.Cursor{})
	contents(t, s, "before")
	w.Exec("BEGIN IMMEDIATE", say("one"), say("two"), "DELETE FROM cslack_change WHERE id=2", "COMMIT")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	events, err := s.Next(ctx)
	if gap, ok := errors.AsType[*event.GapError](err); !ok || gap.Reason != event.GapEpoch {
		t.Errorf("got %d events and %v, want a gap of another epoch", len(events), err)
	}
	if diff := cmp.Diff([]string{"before", "one", "two"}, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule8_Reinstall: change ids start over with new triggers, and an event
// file may be restored alone. Either way: a new epoch, and nothing missing.
func TestRule8_Reinstall(t *testing.T) {
	t.Run("uninstalled and installed again", func(t *testing.T) {
		db, w := newWorld(t)
		e := startCarrier(t, db)
		w.Exec(says("a", 3)...)
		all := e.operator(t, event.Cursor{})
		contents(t, all, "a2")
		e.stop()
		if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, false); err == nil {
			t.Error("got no error, want the uncarried changes to be named")
		}
		if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, true); err != nil {
			t.Fatal(err)
		}
		w.Exec(says("b", 3)...)
		e = startCarrier(t, db)
		_, err := e.Subscribe(t.Context(), event.Request{Operator: true, After: all.Cursor()})
		if _, ok := errors.AsType[*event.GapError](err); !ok {
			t.Errorf("resume: got %v, want a gap", err)
		}
		if diff := cmp.Diff(append(numbered("a", 3), numbered("b", 3)...), e.messages(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("event file restored alone", func(t *testing.T) {
		db, w := newWorld(t)
		e := startCarrier(t, db)
		w.Exec(says("a", 3)...)
		contents(t, e.operator(t, event.Cursor{}), "a2")
		e.stop()
		old, err := os.ReadFile(eventFile(db))
		if err != nil {
			t.Fatal(err)
		}
		var synced, trims atomic.Int64
		e = startCarrier(t, db, func(o *engine.Options) {
			o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
			o.Store = &observed{Store: o.Store, synced: &synced}
		})
		w.Exec(says("b", 3)...)
		contents(t, e.operator(t, event.Cursor{}), "b2")
		for trims.Load() == 0 {
			w.Exec(`PRAGMA user_version`)
		}
		e.stop()
		if err := os.WriteFile(eventFile(db), old, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Exec(say("c"))
		e = startCarrier(t, db)
		want := append(append(numbered("a", 3), numbered("b", 3)...), "c")
		if diff := cmp.Diff(want, e.messages(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
