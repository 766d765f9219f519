package tui

import (
	"testing"
	"time"
)

// TestMeter_ClockSetBack: an hour that comes twice is counted second by
// second, and what is committed meanwhile has a delay of no known length.
func TestMeter_ClockSetBack(t *testing.T) {
	var m meter
	now := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
	for range 50 {
		m.add(now, now)
	}
	before := now
	now = now.Add(-time.Hour)
	for range 10 {
		m.add(now, now)
	}
	m.advance(now.Add(time.Second))
	if got, want := m.rate(), "10.0/s"; got != want { // in the second that is counted
		t.Errorf("got %s, want %s", got, want)
	}
	for range meterSeconds {
		now = now.Add(time.Second)
		m.advance(now)
	}
	if got, want := m.rate(), "0.0/s"; got != want {
		t.Errorf("a minute later: got %s, want %s", got, want)
	}
	m.add(before, now)
	if got, want := m.latency(false), "lag n/a, clock differs"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
