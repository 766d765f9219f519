package server

import (
	"testing"
	"time"
)

func TestParseSince_Forms(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"90s":                       "2026-11-23T11:58:30Z",
		"15m":                       "2026-11-23T11:45:00Z",
		"1h30m":                     "2026-11-23T10:30:00Z",
		"1.5h":                      "2026-11-23T10:30:00Z",
		"7d":                        "2026-11-16T12:00:00Z",
		"1w2d3h":                    "2026-11-14T09:00:00Z",
		"0s":                        "2026-11-23T12:00:00Z",
		"2026-11-20T10:00:00Z":      "2026-11-20T10:00:00Z",
		"2026-11-20T10:00:00.5Z":    "2026-11-20T10:00:00.5Z",
		"2026-11-20T10:00:00+02:00": "2026-11-20T08:00:00Z",
		"2026-11-20T10:00:00 02:00": "2026-11-20T08:00:00Z",
		"1970-01-01T00:00:00Z":      "0001-01-01T00:00:00Z",
		"15000w":                    "0001-01-01T00:00:00Z",
	} {
		got, err := parseSince(in, now)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: got %v, %v, want %s", in, got.Format(time.RFC3339Nano), err, want)
		}
	}
}

func TestParseSince_Refuses(t *testing.T) {
	for _, in := range []string{
		"", "5", "banana", "yesterday", "-5m", "+5m", "1h-30m", "d", "1.5d", "2d1w", "1d1d", "99999999999h",
		"99999999999d", "15250w99999d", "7d banana", "2026-11-20", "15:04", "NaNh", "infs",
	} {
		if got, err := parseSince(in, time.Now()); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}

// FuzzParseSince: nothing that is accepted lies in the future of a duration.
func FuzzParseSince(f *testing.F) {
	f.Add("1w2d3h4m5s")
	f.Add("2026-11-20T10:00:00Z")
	f.Fuzz(func(t *testing.T, in string) {
		now := time.Now()
		if d, err := parseAgo(in); err == nil && d < 0 {
			t.Errorf("%q: got %v, want no negative duration", in, d)
		}
		_, _ = parseSince(in, now)
	})
}
