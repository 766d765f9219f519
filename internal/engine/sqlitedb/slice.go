package sqlitedb

import (
	"context"
	"time"
)

// Slice is how many rows one of many transactions shall remove: as many as
// took a few milliseconds, since others may have to wait for that long. The
// zero value begins with few.
type Slice struct {
	rows  int
	began time.Time
}

const (
	smallestSlice, largestSlice = 50, 500
	// sliceTime is what a slice may take, at half of which it may grow.
	sliceTime = 4 * time.Millisecond
	// slicePause lets those who wait have their turn: SQLite's waiting is
	// polling, and would often miss a shorter one.
	slicePause = 5 * time.Millisecond
)

// Begin begins a slice and returns its number of rows.
func (s *Slice) Begin() int {
	s.rows, s.began = max(s.rows, smallestSlice), time.Now()
	return s.rows
}

// End ends a slice and pauses before the next one.
func (s *Slice) End(ctx context.Context) {
	switch took := time.Since(s.began); {
	case took > sliceTime:
		s.rows = max(s.rows/2, smallestSlice)
	case took < sliceTime/2:
		s.rows = min(s.rows+smallestSlice, largestSlice)
	}
	t := time.NewTimer(slicePause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
