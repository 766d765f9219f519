//go:build !linux

package wake

import "time"

// hints are not to be had here without opening the database's files, and
// closing those would drop SQLite's locks on them (POSIX locks belong to the
// process). Looking often while there is traffic takes their place.
type hints struct{ calls chan struct{} }

func newHints(string) hints { return hints{make(chan struct{}, 1)} }

// call ends the wait at work, or the next one. It may come from any goroutine.
func (h hints) call() {
	select {
	case h.calls <- struct{}{}:
	default: // there is one to answer already
	}
}

// answer returns whether there was a call since the last answer.
func (h hints) answer() bool {
	select {
	case <-h.calls:
		return true
	default:
		return false
	}
}

func (hints) take() bool { return false }

func (h hints) wait(d time.Duration) bool {
	h.nap(min(d, 10*time.Millisecond))
	return false
}

func (hints) close() error { return nil }

// nap sleeps until a call, but for d at most.
func (h hints) nap(d time.Duration) {
	timer := time.NewTimer(max(d, time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.calls:
		h.call() // for whoever answers
	}
}
