package server

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var errSince = errors.New("want a duration such as 90s, 15m, 1h30m or 7d, or a time such as 2026-01-02T15:04:05Z")

// parseSince reads a moment in the past: how long ago (units w, d, h, m, s,
// ms), or RFC 3339. Moments up to the Unix epoch mean "from the beginning",
// and are returned as the zero time.
func parseSince(s string, now time.Time) (time.Time, error) {
	// A plus sign that was not escaped arrives as a space.
	if t, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "+", 1)); err == nil {
		return fromBeginning(t), nil
	}
	d, err := parseAgo(s)
	if err != nil {
		return time.Time{}, err
	}
	return fromBeginning(now.Add(-d)), nil
}

func fromBeginning(t time.Time) time.Time {
	if !t.After(time.Unix(0, 0)) {
		return time.Time{}
	}
	return t.UTC()
}

// parseAgo is time.ParseDuration with weeks and days in front, and without
// signs.
func parseAgo(s string) (time.Duration, error) {
	var sum time.Duration
	rest := s
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		digits, after, ok := strings.Cut(rest, unit.letter)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || time.Duration(n) > (math.MaxInt64-sum)/unit.length {
			return 0, errSince
		}
		sum += time.Duration(n) * unit.length
		rest = after
	}
	if rest == "" && s != "" {
		return sum, nil
	}
	if strings.ContainsAny(rest, "+-") {
		return 0, errSince
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d > math.MaxInt64-sum {
		return 0, errSince
	}
	return sum + d, nil
}
