package engine_test

import (
	"context"
	"errors"
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
