package replay

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pace is how fast events are played.
type Pace struct {
	// Speed is how many times faster than it happened; 0 means as fast as it
	// can be shown.
	Speed float64
	// MaxIdle is the longest that a quiet stretch takes to watch; 0 means as
	// long as it was.
	MaxIdle time.Duration
}

// ParseSpeed reads a speed: "1", "10", "0.5", "10x", or "max".
func ParseSpeed(s string) (float64, error) {
	if s == "max" {
		return 0, nil
	}
	speed, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	const slowest, fastest = 1e-3, 1e6
	if err != nil || !(speed >= slowest && speed <= fastest) {
		return 0, fmt.Errorf("speed %q: want how many times faster, such as 1, 2, 10 or 0.5, or max", s)
	}
	return speed, nil
}

// forEver is longer than anybody waits.
const forEver = 1000 * 24 * time.Hour

// Wait returns how long a stretch takes to watch that took that long.
func (p Pace) Wait(stretch time.Duration) time.Duration {
	if p.Speed == 0 {
		return 0
	}
	wait := forEver
	if scaled := float64(max(0, stretch)) / p.Speed; scaled < float64(forEver) {
		wait = time.Duration(scaled)
	}
	if p.MaxIdle > 0 {
		wait = min(wait, p.MaxIdle)
	}
	return wait
}

// Pacer says when events are due that happened at other times. It reads no
// clock: whoever shows events tells it what time it is. Clocks that were set
// back make no event wait. The zero Pacer plays as fast as can be.
type Pacer struct {
	pace   Pace
	placed bool
	last   time.Time // when the last event played happened…
	due    time.Time // …and when it was due
	paused time.Time // since when; zero if not
}

// NewPacer returns a pacer with nothing played.
func NewPacer(p Pace) *Pacer { return &Pacer{pace: p} }

// Due returns when an event is due that happened at that time, if it is the
// next to be played: never in the past of now. While paused there is no
// telling, and it reports false.
func (p *Pacer) Due(at, now time.Time) (due time.Time, ok bool) {
	if !p.paused.IsZero() {
		return time.Time{}, false
	}
	if !p.placed || p.pace.Speed == 0 {
		return now, true
	}
	if due = p.due.Add(p.pace.Wait(at.Sub(p.last))); due.Before(now) {
		due = now
	}
	return due, true
}

// Played notes that the event that happened at that time was played, due at
// due: the next one waits from there, so that delays do not add up.
func (p *Pacer) Played(at, due time.Time) { p.placed, p.last, p.due = true, at, due }

// SetPace changes the pace. What was waited for already counts.
func (p *Pacer) SetPace(pace Pace, now time.Time) {
	if p.placed && p.pace.Speed > 0 && p.paused.IsZero() {
		// The playhead stands where the old pace has brought it.
		p.last, p.due = p.last.Add(time.Duration(float64(now.Sub(p.due))*p.pace.Speed)), now
	}
	p.pace = pace
}

// Pace returns the pace.
func (p *Pacer) Pace() Pace { return p.pace }

// Pause stops the clock until Resume.
func (p *Pacer) Pause(now time.Time) {
	if p.paused.IsZero() {
		p.paused = now
	}
}

// Resume goes on as if no time had passed since Pause.
func (p *Pacer) Resume(now time.Time) {
	if !p.paused.IsZero() {
		p.due = p.due.Add(now.Sub(p.paused))
		p.paused = time.Time{}
	}
}

// Paused reports whether the clock stands.
func (p *Pacer) Paused() bool { return !p.paused.IsZero() }

// Reset forgets where the playhead is: the next event is due at once.
func (p *Pacer) Reset() { p.placed = false }
