package engine_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// TestRule4_TwoEngines: two engines on one file append every event once; the
// second goes on when the first ends.
func TestRule4_TwoEngines(t *testing.T) {
	db, w := newWorld(t)
	first := startCarrier(t, db)
	second := startCarrier(t, db)
	a, b := first.operator(t, event.Cursor{}), second.operator(t, event.Cursor{})
	for i := range 50 {
		w.Exec(say(fmt.Sprint("m", i)))
	}
	want := numbered("m", 50)
	if diff := cmp.Diff(want, contents(t, a, "m49")); diff != "" {
		t.Errorf("first engine (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, contents(t, b, "m49")); diff != "" {
		t.Errorf("second engine (-want +got):\n%s", diff)
	}
	if a.Cursor() != b.Cursor() {
		t.Errorf("got cursors %s and %s, want the same", a.Cursor(), b.Cursor())
	}
	// Which of them learns at the next append that the other was quicker.
	for first.Condition().Carries == second.Condition().Carries {
		w.Exec(say("more"))
	}
	carrier, other := first, second
	if second.Condition().Carries {
		carrier, other = second, first
	}
	s := other.operator(t, other.Window().Latest())
	carrier.stop()
	w.Exec(say("after"))
	contents(t, s, "after")
	if !other.Condition().Carries {
		t.Error("want the engine that is left to carry")
	}
}

// TestRule4_OtherEventFile: an engine with another event file neither trims
// nor carries until it is told to take over.
func TestRule4_OtherEventFile(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	w.Exec(says("m", 3)...)
	log := trigger.New(trigger.Options{Host: capture.NewHost(db)})
	defer log.Close()
	other := filepath.Join(t.TempDir(), "other-events")
	if err := log.Claim(t.Context(), "other", other, false); !errors.Is(err, trigger.ErrNotCarrier) {
		t.Errorf("got %v, want ErrNotCarrier", err)
	}
	look, err := log.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	if n, err := log.Trim(t.Context(), "other", look.At); n != 0 || err != nil {
		t.Errorf("trim: got %d, %v, want nothing trimmed", n, err)
	}
	if err := log.Claim(t.Context(), "other", other, true); err != nil {
		t.Errorf("take over: %v", err)
	}
	for _, not := range []claudeslack.Checkpoint{
		{Log: "another", ID: look.At.ID, Fence: look.At.Fence}, {Log: look.At.Log, ID: look.At.ID, Fence: "another"}, {Log: look.At.Log, ID: look.At.ID + 1, Fence: look.At.Fence},
	} {
		if n, err := log.Trim(t.Context(), "other", not); n != 0 || err != nil {
			t.Errorf("trim below %+v: got %d, %v, want nothing trimmed of a log that is another one", not, n, err)
		}
	}
	if n, err := log.Trim(t.Context(), "other", look.At); n == 0 || int64(n) != look.At.ID-1 || err != nil {
		t.Errorf("trim after taking over: got %d, %v, want the changes before %d", n, err, look.At.ID)
	}
}

// together lets two engines begin a new epoch only when both have come to, and
// counts the epochs.
type together struct {
	engine.Store
	came, begun *atomic.Int64
	both        chan struct{}
}

func (s *together) Reset(ctx context.Context, from, at claudeslack.Checkpoint, fill func(*event.Roster, func(*backend.Batch) error) error) error {
	if s.came.Add(1) == 2 {
		close(s.both)
	}
	select {
	case <-s.both:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := s.Store.Reset(ctx, from, at, fill)
	if err == nil {
		s.begun.Add(1)
	}
	return err
}

// TestRule4_OneNewEpochForTwoEngines: the change log is replaced under two
// engines, and both come to begin a new epoch at once. One of them does, the
// other follows into it.
func TestRule4_OneNewEpochForTwoEngines(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(say("before"))
	startCarrier(t, db).stop()
	gate, steps := make(chan struct{}), together{came: new(atomic.Int64), begun: new(atomic.Int64), both: make(chan struct{})}
	inStep := func(o *engine.Options) {
		step := steps
		step.Store = o.Store
		o.Store, o.Changes = &step, &gated{Changes: o.Changes, gate: gate}
	}
	engines := []*running{startCarrier(t, db, inStep), startCarrier(t, db, inStep)}
	old := engines[0].Window().Latest().Epoch
	if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, true); err != nil {
		t.Fatal(err)
	}
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	close(gate)
	for _, e := range engines {
		for e.Window().Latest().Epoch == old {
			w.Exec(`PRAGMA user_version`)
		}
	}
	w.Exec(say("after"))
	for i, e := range engines {
		if diff := cmp.Diff([]string{"before", "after"}, contents(t, e.operator(t, event.Cursor{}), "after")); diff != "" {
			t.Errorf("engine %d (-want +got):\n%s", i, diff)
		}
	}
	if a, b := engines[0].Window().Latest().Epoch, engines[1].Window().Latest().Epoch; a != b || steps.begun.Load() != 1 {
		t.Errorf("got %d epochs, and engines in %s and %s, want both in the only one", steps.begun.Load(), a, b)
	}
}
