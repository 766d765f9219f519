//go:build !linux

package wake

import "time"

// hints are not to be had here without opening the database's files, and
// closing those would drop SQLite's locks on them (POSIX locks belong to the
// process). Looking often while there is traffic takes their place.
type hints struct{}

func newHints(string) hints { return hints{} }

func (hints) take() bool { return false }

func (hints) wait(d time.Duration) bool {
	time.Sleep(min(d, 10*time.Millisecond))
	return false
}

func (hints) close() error { return nil }

func nap(time.Duration) { time.Sleep(time.Millisecond) }
