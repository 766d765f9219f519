package replay_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
)

// TestIndex_FindsEveryEvent compares an index of many events with the events.
func TestIndex_FindsEveryEvent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 5, 1023, 1024, 1025, 5000, 70_000} {
		var x replay.Index
		var times []time.Time
		at := eventtest.Day
		for i := range n {
			if i > 0 && random.IntN(3) > 0 { // else in the same millisecond
				at = at.Add(time.Duration(random.ExpFloat64()*5000) * time.Millisecond)
			}
			times = append(times, at)
			x.Add(at, event.Cursor{Epoch: "e", Offset: int64(2*i + 7)})
		}
		if x.Len() != n {
			t.Fatalf("got %d events, want %d", x.Len(), n)
		}
		for _, width := range []int{1, 7, 60, 300} {
			sum := 0
			for _, bar := range x.Bars(width) {
				sum += bar
			}
			if sum != n {
				t.Errorf("%d events: got %d in %d bars, want all", n, sum, width)
			}
		}
		if n == 0 {
			continue
		}
		for range 200 {
			i := random.IntN(n)
			m := x.Before(i)
			if m.N > i || i-m.N > max(1, 2*n/1024) || !m.At.Equal(times[m.N]) || m.N > 0 && m.After.Offset != int64(2*m.N+6) {
				t.Errorf("%d events: got %+v before number %d", n, m, i)
			}
			first, _ := slices.BinarySearchFunc(times, times[i], time.Time.Compare)
			if m := x.BeforeTime(times[i]); m.N > first || first-m.N > max(1, 4*n/1024) {
				t.Errorf("%d events: got %+v before the time of number %d", n, m, first)
			}
		}
		begin, end := x.Range()
		if !begin.Equal(times[0]) || !end.Equal(times[n-1]) {
			t.Errorf("got %v to %v, want %v to %v", begin, end, times[0], times[n-1])
		}
	}
}

func TestIndex_ShowsWhenHowManyHappened(t *testing.T) {
	var x replay.Index
	for _, second := range []int{0, 0, 30, 61, 59, 119} { // 59: the clock was set back
		x.Add(eventtest.Day.Add(time.Duration(second)*time.Second), event.Cursor{Epoch: "e", Offset: 1})
	}
	if got, want := x.Bars(4), []int{2, 1, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for second, want := range map[int]float64{-5: 0, 0: 0, 119: 1, 500: 1} {
		if got := x.Part(eventtest.Day.Add(time.Duration(second) * time.Second)); got != want {
			t.Errorf("second %d: got %v, want %v", second, got, want)
		}
	}
	if (&replay.Index{}).Bars(3)[0] != 0 || len(x.Bars(0)) != 0 {
		t.Error("got events where there are none")
	}
}
