package bench

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Ratios are the same comparison made in several rounds.
type Ratios []float64

// String gives the median and, in brackets, the extremes.
func (r Ratios) String() string {
	if len(r) == 0 {
		return "-"
	}
	s := slices.Sorted(slices.Values(r))
	return fmt.Sprintf("x%.3f [%.3f .. %.3f]", Median(s), s[0], s[len(s)-1])
}

// Median returns the middle of values, 0 if there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// Percentile returns the value below or at which p of the sorted durations
// lie, by the nearest rank.
func Percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(p*float64(len(sorted))+0.9999999) - 1
	return sorted[max(0, min(rank, len(sorted)-1))]
}

// CPUOf returns the CPU time that a running process has used so far. It knows
// only where Linux says it.
func CPUOf(pid int) (time.Duration, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The second field is the program's name, which may hold anything.
	_, rest, ok := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	return time.Duration(user+system) * tick, err1 == nil && err2 == nil
}

// PeakOf returns the most memory that a running process has had resident, in
// bytes; 0 where that is not known.
func PeakOf(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}

// LoadAverage returns how busy the machine has been in the last minute; "?"
// where that is not known.
func LoadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if load, _, ok := strings.Cut(string(data), " "); ok && err == nil {
		return load
	}
	return "?"
}
