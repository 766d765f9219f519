package query_test

import (
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/tui/query"
)

func TestParseTime_TakesWhatPeopleType(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	now := time.Date(2024, 11, 23, 14, 30, 0, 0, zone)
	day := func(d, h, m, s int) time.Time { return time.Date(2024, 11, d, h, m, s, 0, zone) }
	tests := []struct {
		in   string
		want time.Time
	}{
		{"15m", now.Add(-15 * time.Minute)},
		{"1h30m", now.Add(-90 * time.Minute)},
		{"1d2h", now.Add(-26 * time.Hour)},
		{"1w", now.Add(-7 * 24 * time.Hour)},
		{"1.5h", now.Add(-90 * time.Minute)},
		{"90s", now.Add(-90 * time.Second)},
		{"250ms", now.Add(-250 * time.Millisecond)},
		{"0s", now},
		{"-20m", now.Add(-20 * time.Minute)},
		{"10m ago", now.Add(-10 * time.Minute)},
		{" 10M ", now.Add(-10 * time.Minute)},
		{"now", now},
		{"today", day(23, 0, 0, 0)},
		{"yesterday", day(22, 0, 0, 0)},
		{"yesterday 9:05", day(22, 9, 5, 0)},
		{"today 09:05:07", day(23, 9, 5, 7)},
		{"14:00", day(23, 14, 0, 0)},
		{"9:15", day(23, 9, 15, 0)},
		{"14:00:05", day(23, 14, 0, 5)},
		{"2024-11-20", day(20, 0, 0, 0)},
		{"2024-11-20 10:00", day(20, 10, 0, 0)},
		{"2024-11-20 10:00:01", day(20, 10, 0, 1)},
		{"2024-11-20T10:00", day(20, 10, 0, 0)},
		{"2024-11-20T10:00:00Z", time.Date(2024, 11, 20, 10, 0, 0, 0, time.UTC)},
		{"2024-11-20t10:00:00.123z", time.Date(2024, 11, 20, 10, 0, 0, 123e6, time.UTC)},
		{"2024-11-20T10:00:00+05:30", time.Date(2024, 11, 20, 4, 30, 0, 0, time.UTC)},
		{"2024-11-20 10:00:00+02:00", day(20, 10, 0, 0)},
	}
	for _, tt := range tests {
		got, err := query.ParseTime(tt.in, now, zone)
		if err != nil || !got.Equal(tt.want) {
			t.Errorf("ParseTime(%q): got %v and %v, want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestParseTime_RefusesWhatIsNoTime(t *testing.T) {
	for _, in := range []string{
		"", " ", "banana", "5", "5x", "1h5", "m", "3 days ago", "02/03/2026", "99999999999h", "1e9h", "25:00", "14:60",
		"2024-13-01", "yesterdays", "today 25:00", "now 14:00", "+5m", "in 5m", "--5m", "1..5h", "\x1b[2J", strings.Repeat("9", 400) + "h",
	} {
		got, err := query.ParseTime(in, now, time.UTC)
		if err == nil {
			t.Errorf("ParseTime(%q): got %v, want an error", in, got)
			continue
		}
		if !strings.Contains(err.Error(), "10m") || !strings.Contains(err.Error(), "RFC 3339") || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("ParseTime(%q): got %v, want one line naming the forms", in, err)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"15m", "1d2h", "2024-11-20 10:00", "yesterday 9:00", "14:00", "+5m", "now", "2024-11-20T10:00:00+05:30", "1.5h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := query.ParseTime(s, now, time.UTC)
		if err != nil {
			return
		}
		if strings.HasPrefix(strings.TrimSpace(s), "+") {
			t.Fatalf("ParseTime(%q): got %v, want an error", s, got)
		}
		if y := got.Year(); y < -1 || y > 10000 {
			t.Fatalf("ParseTime(%q): got %v", s, got)
		}
		// What has no digit separators of dates or clocks is a duration, and
		// durations point into the past.
		if !strings.ContainsAny(s, ":-") && got.After(now) {
			t.Fatalf("ParseTime(%q): got %v, which is after %v", s, got, now)
		}
	})
}
