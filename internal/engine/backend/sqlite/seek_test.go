package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// TestLog_SeekWhateverTheClockDid compares seeking with looking at every
// event, for times near the beginning and near the end: each is looked up from
// another side.
func TestLog_SeekWhateverTheClockDid(t *testing.T) {
	const n = 200
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		jumps := int(seed) * 2
		minutes := make([]int, n)
		for i := range minutes {
			minutes[i] = i / 2
		}
		for range jumps { // the clock is wrong for a while
			from, by := random.IntN(n), random.IntN(n)-n/2
			for i := from; i < min(n, from+random.IntN(20)); i++ {
				minutes[i] = max(0, minutes[i]+by)
			}
		}
		path := filepath.Join(t.TempDir(), "events.db")
		log := open(t, sqlite.Options{Path: path})
		batch := &backend.Batch{To: claudeslack.Checkpoint{Log: "l", ID: 1}}
		for i, m := range minutes {
			batch.Events = append(batch.Events, event.Event{
				Type: event.MessageNew, EntityType: "message", EntityID: fmt.Sprint(i), Payload: []byte(`{}`), CreatedAt: day.Add(time.Duration(m) * time.Minute), Change: 1,
			})
		}
		if err := log.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for m := range n {
			want := int64(n)
			for i := range minutes {
				if minutes[i] >= m {
					want = int64(i)
					break
				}
			}
			got, err := log.Seek(t.Context(), day.Add(time.Duration(m)*time.Minute))
			if err != nil || got.Offset != want {
				t.Fatalf("seed %d, minute %d: got offset %d and %v, want %d", seed, m, got.Offset, err, want)
			}
		}
	}
}
