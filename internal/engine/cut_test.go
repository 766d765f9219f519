package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// TestRule2_CutIndependence: events, audiences and order do not depend on how
// the change log is cut into reads.
func TestRule2_CutIndependence(t *testing.T) {
	db, traffic := hosttest.Traffic(t, "v4.1")
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := claudeslack.ReadTables(t.Context(), look, look.Generation)
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	w := hosttest.StartWriter(t, db)
	for i, x := range traffic {
		// Also with writers that keep their connection, whose transactions
		// the log can not tell apart, and with recursive triggers.
		s := hosttest.Step{SQL: x.SQL, Keep: i%3 == 0, Errors: true}
		if i%5 == 0 {
			s.SQL = append([]string{"PRAGMA recursive_triggers=ON"}, s.SQL...)
		}
		w.Do(s)
	}
	changes := trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true})
	defer changes.Close()
	run, err := changes.Next(t.Context(), look.At, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Changes) < 200 || !run.Complete {
		t.Fatalf("got %d changes, complete %v", len(run.Changes), run.Complete)
	}
	want := renderCut(t, tables, run.Changes, func(rest int) (int, bool) { return rest, true })
	for limit := range 40 {
		got := renderCut(t, tables, run.Changes, func(rest int) (int, bool) { return min(limit+1, rest), limit+1 >= rest })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cut into reads of %d (-want +got):\n%s", limit+1, diff)
		}
	}
}

// renderCut renders changes in runs of the sizes that cut gives.
func renderCut(t *testing.T, tables claudeslack.Tables, changes []claudeslack.Change, cut func(rest int) (n int, complete bool)) []seen {
	t.Helper()
	ws := claudeslack.NewWorkspace(new(event.Roster))
	ws.Seed(tables)
	var out []seen
	grow := 0
	for len(changes) > 0 {
		n, complete := cut(len(changes))
		if n = n + grow; n >= len(changes) {
			n, complete = len(changes), true
		}
		events, consumed := ws.Render(changes[:n], complete)
		for i := range events {
			out = append(out, seenOf(&events[i]))
		}
		if grow = 0; consumed == 0 {
			grow = n // held back altogether: read more
		}
		changes = changes[consumed:]
		ws = restored(t, ws) // a restart between any two reads changes nothing
	}
	return out
}

// restored is the workspace as it comes out of storage.
func restored(t *testing.T, ws *claudeslack.Workspace) *claudeslack.Workspace {
	t.Helper()
	again := claudeslack.NewWorkspace(ws.Roster())
	entries := ws.AllEntries()
	for _, e := range entries {
		if err := again.Restore(e); err != nil {
			t.Fatal(err)
		}
	}
	return again
}
