package engine_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

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
