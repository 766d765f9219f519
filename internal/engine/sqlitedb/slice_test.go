package sqlitedb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/sqlitedb"
)

// TestSlice: it grows while slices are quick, and shrinks when they are not,
// within its bounds; between two there is always a pause.
func TestSlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sqlitedb.Slice
		for _, step := range []struct {
			took  time.Duration
			times int
			want  int
		}{{0, 0, 50}, {time.Millisecond, 3, 200}, {3 * time.Millisecond, 5, 200}, {5 * time.Millisecond, 1, 100}, {time.Second, 9, 50}, {0, 99, 500}} {
			for range step.times {
				s.Begin()
				time.Sleep(step.took)
				ended := time.Now()
				s.End(t.Context())
				if time.Since(ended) < 5*time.Millisecond {
					t.Fatal("got no pause")
				}
			}
			if got := s.Begin(); got != step.want {
				t.Errorf("after %d slices of %s: got %d rows, want %d", step.times, step.took, got, step.want)
			}
		}
	})
}
