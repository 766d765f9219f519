package tui

import (
	"fmt"
	"time"

	"cslack-stream/internal/tui/view"
)

// words say how good the stream is, which is attached by mode and has been in
// this phase since then.
func (c connection) words(mode string, since, now time.Time) (view.State, string) {
	at := since.Format(time.TimeOnly)
	switch c.phase {
	case live:
		return view.Good, mode
	case lost:
		if in := c.retry.Sub(now).Round(time.Second); in > 0 {
			return view.Bad, fmt.Sprintf("lost %s, retry %d in %ds", at, c.attempt, in/time.Second)
		}
	case failed:
		return view.Bad, "ended " + at
	case ended:
		return view.Waiting, "ended"
	}
	if c.attempt > 0 {
		return view.Bad, "reconnecting"
	}
	return view.Waiting, "connecting"
}

// goesOn tells whether next is a part of the same trouble as c: a stream is
// lost since it was good last, however often it was tried again.
func (c connection) goesOn(next connection) bool {
	trying := c.phase == lost || c.attempt > 0
	return trying && (next.phase == lost || next.phase == connecting)
}
