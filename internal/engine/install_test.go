package engine_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// TestRule9_InstallBoundary: installing under hammering writers shows every
// message exactly once, backfilled or captured.
func TestRule9_InstallBoundary(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(say("start"))
	others := []*hosttest.Writer{hosttest.StartWriter(t, db), hosttest.StartWriter(t, db), hosttest.StartWriter(t, db)}
	for i, o := range others {
		o.Exec(`PRAGMA user_version`) // it is up
		o.Start(hosttest.Step{SQL: says(fmt.Sprint("w", i, "-"), 150)})
	}
	e := startCarrier(t, db)
	all := e.operator(t, event.Cursor{})
	for _, o := range others {
		o.Wait()
	}
	w.Exec(say("end"))
	got := contents(t, all, "end")
	seen := make(map[string]int)
	for _, m := range got {
		seen[m]++
	}
	for i := range others {
		for k, m := range numbered(fmt.Sprint("w", i, "-"), 150) {
			if seen[m] != 1 {
				t.Fatalf("writer %d: message %d came %d times", i, k, seen[m])
			}
		}
	}
	if len(got) != 3*150+2 {
		t.Errorf("got %d messages, want %d", len(got), 3*150+2)
	}
}

// TestRule9_KilledBetweenFiles: triggers are there, but no event file.
func TestRule9_KilledBetweenFiles(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(say("before"))
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	w.Exec(says("between", 3)...)
	e := startCarrier(t, db)
	w.Exec(say("after"))
	contents(t, e.operator(t, event.Cursor{}), "after")
	want := append(append([]string{"before"}, numbered("between", 3)...), "after")
	if diff := cmp.Diff(want, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
