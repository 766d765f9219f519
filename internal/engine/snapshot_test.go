package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// lookedAt lets something happen behind every look.
type lookedAt struct {
	capture.Changes
	then func()
}

func (l *lookedAt) Look(ctx context.Context) (*capture.Look, error) {
	look, err := l.Changes.Look(ctx)
	if l.then != nil {
		l.then()
	}
	return look, err
}

func recentContents(s event.Snapshot) (out []string) {
	for _, m := range s.RecentMessages {
		out = append(out, contentOf(&event.Event{Payload: m}))
	}
	return out
}

// TestRule7_BetweenLookAndCursor: a message that is committed and carried
// while a snapshot is taken is in the stream behind it, and not in it.
func TestRule7_BetweenLookAndCursor(t *testing.T) {
	db, w := newWorld(t)
	var changes *lookedAt
	e := startCarrier(t, db, func(o *engine.Options) {
		changes = &lookedAt{Changes: o.Changes}
		o.Changes = changes
	})
	all := e.operator(t, event.Cursor{})
	w.Exec(say("before"))
	contents(t, all, "before")
	changes.then = func() {
		w.Exec(say("between"))
		contents(t, all, "between")
	}
	snapshot, err := e.Snapshot(t.Context(), event.Agent{Name: "alice", Project: "p"})
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(say("after"))
	got := append(recentContents(snapshot), contents(t, e.operator(t, snapshot.Cursor), "after")...)
	if diff := cmp.Diff([]string{"before", "between", "after"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule7_WaitsForCapture: a snapshot waits until what it shows is carried,
// but not for ever.
func TestRule7_WaitsForCapture(t *testing.T) {
	db, w := newWorld(t)
	gate := make(chan struct{})
	e := startCarrier(t, db, func(o *engine.Options) {
		o.Changes = &gated{Changes: o.Changes, gate: gate}
		o.SnapshotWait = 50 * time.Millisecond
	})
	w.Exec(say("uncarried"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if s, err := e.Snapshot(ctx, event.Agent{}); !errors.Is(err, event.ErrUnavailable) {
		t.Fatalf("got %v and %v while nothing is carried, want ErrUnavailable", recentContents(s), err)
	}
	close(gate)
	contents(t, e.operator(t, event.Cursor{}), "uncarried")
	snapshot, err := e.Snapshot(ctx, event.Agent{})
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(say("after"))
	got := append(recentContents(snapshot), contents(t, e.operator(t, snapshot.Cursor), "after")...)
	if diff := cmp.Diff([]string{"uncarried", "after"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule7_SnapshotContinues: a snapshot and the stream behind its cursor
// hold every message exactly once, under a writer that never rests.
func TestRule7_SnapshotContinues(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	alice := event.Agent{Name: "alice", Project: "p"}
	const total = 300
	w.Start(hosttest.Step{SQL: says("m", total)})
	for range 10 {
		snapshot, err := e.Snapshot(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		s, err := e.Subscribe(t.Context(), event.Request{Agent: alice, After: snapshot.Cursor, Follow: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range snapshot.RecentMessages {
			got = append(got, contentOf(&event.Event{Payload: m}))
		}
		if len(got) == 0 || got[len(got)-1] != fmt.Sprint("m", total-1) {
			got = append(got, contents(t, s, fmt.Sprint("m", total-1))...)
		}
		s.Close()
		want := numbered("m", total)
		if diff := cmp.Diff(want[total-len(got):], got); diff != "" {
			t.Fatalf("snapshot at %s and its stream (-want +got):\n%s", snapshot.Cursor, diff)
		}
	}
}
