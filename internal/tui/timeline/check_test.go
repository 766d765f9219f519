package timeline

import (
	"testing"

	"cslack-stream/internal/tui/line"
)

func TestTimeline_ShowsTheNewestCheckAlone(t *testing.T) {
	tl := filled(Options{}, 2)
	check := func(n int) { tl.AppendCheck(record(n).Time(), "") }
	check(2)
	tl.Append(record(3))
	if got, want := all(tl), "Jan2 m1 m2 check7 m3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	check(3)
	tl.Append(record(4))
	if got, want := all(tl), "Jan2 m1 m2 m3 check8 m4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	tl.SetFilter(func(r *line.Record) bool { return r.Text == "m1" })
	tl.Refilter(100)
	if got, want := all(tl), "Jan2 m1 check8"; got != want {
		t.Errorf("with a filter: got %s, want %s", got, want)
	}
	check(4)
	tl.SetFilter(nil)
	if got, want := all(tl), "Jan2 m1 m2 m3 m4 check9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTimeline_MovesNoCheckWhilePaused(t *testing.T) {
	tl := filled(Options{}, 3)
	tl.AppendCheck(record(3).Time(), "")
	tl.Append(record(4))
	tl.Window(3, one)
	tl.Pause()
	old := tl.At(4).Key
	tl.AppendCheck(record(4).Time(), "")
	tl.Append(record(5))
	if got, want := window(tl, 3), "m3 check8 m4"; got != want {
		t.Errorf("got %s, want %s still", got, want)
	}
	if newest := tl.At(6).Key; tl.NewestCheck(old) || !tl.NewestCheck(newest) {
		t.Error("got the check of before as the newest")
	}
	if tl.New() != 1 {
		t.Errorf("got %d new, want 1: a check is no event", tl.New())
	}
	tl.Follow()
	if got, want := all(tl), "Jan2 m1 m2 m3 m4 check9 m5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTimeline_KeepsABoundedNumberOfChecksWhilePaused(t *testing.T) {
	tl := filled(Options{}, 3)
	tl.Pause()
	for range 1000 {
		tl.AppendCheck(record(3).Time(), "")
	}
	if got := tl.Len(); got != 4+mostChecks {
		t.Errorf("got %d rows, want %d", got, 4+mostChecks)
	}
}

func TestTimeline_EndsAGapBehindACheck(t *testing.T) {
	tl := filled(Options{}, 1)
	tl.AppendGap(Missing{Count: 7})
	tl.AppendCheck(record(1).Time(), "")
	tl.Append(record(2))
	if gap := tl.At(2).Missing; !gap.Before.Equal(record(2).Time()) {
		t.Errorf("got a gap until %v, want until %v", gap.Before, record(2).Time())
	}
}
