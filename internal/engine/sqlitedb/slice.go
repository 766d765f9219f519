package sqlitedb

import (
	"context"
	"time"
)

// Slice is how many rows one of many transactions shall remove: as many as
// took a few milliseconds, since others may have to wait for that long. The
// zero value begins with few.
type Slice struct {
	// Gentle is for a file that others write to. SQLite's waiting is polling,
	// with pauses that grow: whoever finds the lock taken four times in a row
	// has waited for 18 ms. So it may be taken for a tenth of the time only.
	Gentle bool

	rows  int
	began time.Time
}

const smallestSlice, largestSlice = 25, 500

// times are what a slice may take, at half of which it may grow, and the pause
// behind it.
func (s *Slice) times() (most, pause time.Duration) {
	if s.Gentle {
		return time.Millisecond, 10 * time.Millisecond
	}
	return 4 * time.Millisecond, 5 * time.Millisecond
}

// Begin begins a slice, once the file is locked, and returns its number of
// rows.
func (s *Slice) Begin() int {
	s.rows, s.began = max(s.rows, smallestSlice), time.Now()
	return s.rows
}

// End ends a slice and pauses before the next one.
func (s *Slice) End(ctx context.Context) {
	most, pause := s.times()
	switch took := time.Since(s.began); {
	case took > most:
		s.rows = max(s.rows/2, smallestSlice)
	case took < most/2:
		s.rows = min(s.rows+smallestSlice, largestSlice)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
