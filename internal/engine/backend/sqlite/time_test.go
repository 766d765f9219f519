package sqlite

import (
	"testing"

	"cslack-stream/internal/engine/event"
)

// TestParseTime: times that another program wrote into the file are
// read, and nonsense is refused.
func TestParseTime(t *testing.T) {
	for written, want := range map[string]string{
		"2026-01-02 15:04:05.123": "2026-01-02T15:04:05.123Z", "2026-01-02 15:04:05": "2026-01-02T15:04:05.000Z",
		"2026-13-02 15:04:05.123": "", "2026-02-30 15:04:05.123": "", "2026-01-02 25:04:05.123": "", "soon": "",
	} {
		when, err := parseTime([]byte(written))
		if got := when.Format(event.TimeFormat); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%s: got %s and %v, want %s", written, got, err, want)
		}
	}
}
