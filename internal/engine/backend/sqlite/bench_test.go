package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// BenchmarkLog_Append is the middle of the path of every change: its cost is
// part of the time from commit to screen.
func BenchmarkLog_Append(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			log, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "events.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer log.Close()
			state, err := log.Load(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			roster := state.Workspace.Roster()
			var set event.Bitmap
			set.Add(roster.Add(event.Agent{Name: "alice", Project: "p"}))
			audience := roster.Intern(set)
			at := state.Checkpoint
			for b.Loop() {
				batch := &backend.Batch{From: at, To: claudeslack.Checkpoint{Log: "l", ID: at.ID + 1, Fence: "f"}}
				for range n {
					batch.Events = append(batch.Events, event.Event{
						Type: event.MessageNew, EntityType: "message", EntityID: "1", Channel: "global:general",
						Payload:   []byte(`{"content":"` + "0123456789012345678901234567890123456789012345678901234567890123456789" + `"}`),
						CreatedAt: time.Now(), Audience: audience, Change: at.ID + 1,
					})
				}
				if err := log.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				at = batch.To
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/event")
		})
	}
}
