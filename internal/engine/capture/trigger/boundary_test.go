package trigger_test

import (
	"slices"
	"testing"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// TestInstall_Boundary is pipeline rule 9: again and again, while others
// write, what Install looks at ends exactly where the change log begins.
func TestInstall_Boundary(t *testing.T) {
	db := hosttest.NewDatabase(t)
	const say = `INSERT INTO messages(channel_id,sender_id,content) VALUES('c','a','m')`
	w := hosttest.StartWriter(t, db)
	// It does not sleep while the database is busy, so that it comes right
	// behind every commit.
	spin := []string{`PRAGMA foreign_keys=OFF`, `PRAGMA synchronous=OFF`, `PRAGMA busy_timeout=0`}
	w.Start(hosttest.Step{Errors: true, SQL: append(spin, slices.Repeat([]string{say}, 200_000)...)})
	defer w.Kill()
	for range 10 {
		look, err := trigger.Install(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := look.QueryContext(t.Context(), `SELECT coalesce(max(id),0) FROM messages`)
		if err != nil {
			t.Fatal(err)
		}
		var seen int64
		for rows.Next() {
			err = rows.Scan(&seen)
		}
		rows.Close()
		look.Close()
		log := trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true})
		run, nerr := log.Next(t.Context(), look.At, 1)
		log.Close()
		if err != nil || nerr != nil {
			t.Fatal(err, nerr)
		}
		if first := run.Changes[0].Row.(claudeslack.MessageInserted).ID; first != seen+1 {
			t.Fatalf("got message %d as the first change, want the one behind %d, the last that Install saw", first, seen)
		}
		if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, true); err != nil {
			t.Fatal(err)
		}
	}
}
