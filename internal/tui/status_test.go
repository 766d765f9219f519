package tui

import (
	"os"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event/eventtest"
)

// newTestStatus is a status on no terminal, with a clock that stands.
func newTestStatus(t *testing.T) (*Status, *time.Time) {
	t.Helper()
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	now := eventtest.Day
	return NewStatus(StatusOptions{Out: out, Location: time.UTC, Now: func() time.Time { return now }}), &now
}

func TestStatus_SaysHowGoodTheStreamIs(t *testing.T) {
	s, now := newTestStatus(t)
	says := func(want string) {
		t.Helper()
		if got := strings.TrimSpace(s.draw(100)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	says("○ connecting  0.0/s  0 events  ctrl-c stops")
	s.Attach("al\x1b[31mice", "live (direct)")
	s.Count(*now, true)
	says("alice  ○ connecting  0.0/s  1 event  ctrl-c stops")
	s.Live()
	for range 5 {
		s.Count(now.Add(-8*time.Millisecond), false)
	}
	says("alice  ● live (direct)  5.0/s  lag 8ms  6 events  ctrl-c stops")

	lost := now.Format(time.TimeOnly)
	s.Lost(now.Add(4*time.Second), 3)
	says("alice  ◌ lost " + lost + ", retry 3 in 4s  5.0/s  6 events  ctrl-c stops")
	*now = now.Add(3 * time.Second)
	says("alice  ◌ lost " + lost + ", retry 3 in 1s  1.7/s  6 events  ctrl-c stops")
	s.Retry(3)
	says("alice  ◌ reconnecting  1.7/s  6 events  ctrl-c stops")
	s.Lost(now.Add(5*time.Second), 4)
	says("alice  ◌ lost " + lost + ", retry 4 in 5s  1.7/s  6 events  ctrl-c stops")
	*now = now.Add(20 * time.Second)
	says("alice  ◌ reconnecting  0.0/s  6 events  ctrl-c stops")
	s.Live()
	s.Gap()
	says("alice  ● live (direct)  0.0/s  lag 8ms  6 events  1 gap  ctrl-c stops")
}

func TestStatus_NobodyIsThere(t *testing.T) {
	var s *Status
	s.Attach("alice", "live")
	s.Live()
	s.Lost(time.Time{}, 1)
	s.Retry(1)
	s.Gap()
	s.Count(time.Time{}, false)
}
