package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cslack-stream/internal/tui/text"
)

// timeForms names what ParseTime takes.
const timeForms = "want how long ago (90s, 10m, 1h30m, 2d, 1w), a time of today (14:00), today, yesterday, " +
	"a date (2006-01-02 15:04) or RFC 3339"

// ParseTime reads a point in time as people type it: how long ago it was
// ("10m", "1d2h", "1w"), RFC 3339, a date with or without a time of day, a
// time of today, "now", "today", or "yesterday" with or without a time of
// day. What has no zone is meant in loc. A duration always points into the
// past: "-10m" and "10m ago" are "10m", and "+10m" is an error.
func ParseTime(s string, now time.Time, loc *time.Location) (time.Time, error) {
	if loc == nil {
		loc = time.Local
	}
	now = now.In(loc)
	in := strings.ToLower(strings.Join(strings.Fields(s), " "))
	if strings.HasPrefix(in, "+") || strings.HasPrefix(in, "in ") {
		return time.Time{}, fmt.Errorf("time %q is in the future: %s", text.Line(s), timeForms)
	}
	ago := strings.TrimSuffix(strings.TrimPrefix(in, "-"), " ago")
	if d, ok := parseDuration(ago); ok {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, strings.ToUpper(in)); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, strings.ToUpper(in), loc); err == nil {
			return t, nil
		}
	}
	if t, ok := parseDay(in, now); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("unknown time %q: %s", text.Line(s), timeForms)
}

// parseDay reads "today", "yesterday", a time of day, or both.
func parseDay(in string, now time.Time) (time.Time, bool) {
	day, clock, both := strings.Cut(in, " ")
	year, month, date := now.Date()
	switch day {
	case "now":
		return now, !both
	case "today":
	case "yesterday":
		date--
	default:
		clock = in
		both = true
	}
	if !both {
		return time.Date(year, month, date, 0, 0, 0, 0, now.Location()), true
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if c, err := time.Parse(layout, clock); err == nil {
			return time.Date(year, month, date, c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), now.Location()), true
		}
	}
	return time.Time{}, false
}

// maxAgo is the longest time that a duration may span.
const maxAgo = 100 * 365 * 24 * time.Hour

// units are the units of durations.
var units = []struct {
	name string
	unit time.Duration
}{
	{"ms", time.Millisecond}, {"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
}

// parseDuration reads numbers with units, such as "1d2h" or "1.5h".
func parseDuration(s string) (time.Duration, bool) {
	if s == "" {
		return 0, false
	}
	var sum float64
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if n <= 0 {
			return 0, false
		}
		count, err := strconv.ParseFloat(s[:n], 64)
		if err != nil {
			return 0, false
		}
		rest, ok := "", false
		for _, u := range units {
			if rest, ok = strings.CutPrefix(s[n:], u.name); ok {
				sum += count * float64(u.unit)
				break
			}
		}
		if !ok || math.IsInf(sum, 0) || sum > float64(maxAgo) {
			return 0, false
		}
		s = rest
	}
	return time.Duration(sum), true
}
