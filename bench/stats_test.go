package bench

import (
	"os"
	"testing"
	"time"
)

func TestPercentile_IsTheNearestRank(t *testing.T) {
	var d []time.Duration
	for i := 1; i <= 100; i++ {
		d = append(d, time.Duration(i))
	}
	for p, want := range map[float64]time.Duration{0.5: 50, 0.9: 90, 0.99: 99, 1: 100, 0: 1} {
		if got := Percentile(d, p); got != want {
			t.Errorf("Percentile(1..100, %v) = %d, want %d", p, got, want)
		}
	}
	if got := Percentile(nil, 0.5); got != 0 {
		t.Errorf("Percentile of nothing = %d, want 0", got)
	}
}

func TestRatios_SayMedianAndExtremes(t *testing.T) {
	if got, want := (Ratios{1.2, 1, 1.1}).String(), "x1.100 [1.000 .. 1.200]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Median([]float64{4, 1, 2, 3}), 2.5; got != want {
		t.Errorf("Median = %v, want %v", got, want)
	}
}

func TestCPUOf_ThisProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	if _, ok := CPUOf(os.Getpid()); !ok {
		t.Error("CPUOf this process: not known")
	}
}
