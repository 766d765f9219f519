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
		}{{0, 0, 25}, {time.Millisecond, 7, 200}, {3 * time.Millisecond, 5, 200}, {5 * time.Millisecond, 1, 100}, {time.Second, 9, 25}, {0, 99, 500}} {
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

// TestSlice_Gentle: the lock is taken for a tenth of the time at most.
func TestSlice_Gentle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sqlitedb.Slice{Gentle: true}
		for range 50 {
			rows := s.Begin()
			took := time.Duration(rows) * 4 * time.Microsecond
			time.Sleep(took)
			ended := time.Now()
			s.End(t.Context())
			if paused := time.Since(ended); paused < 9*took {
				t.Fatalf("got a pause of %s behind a slice of %s", paused, took)
			}
		}
	})
}
