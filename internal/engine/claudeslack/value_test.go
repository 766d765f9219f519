package claudeslack_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack"
)

// TestTime_ReadsWhatEveryVersionWrote: one column holds numbers and text.
func TestTime_ReadsWhatEveryVersionWrote(t *testing.T) {
	want := time.Date(2025, 9, 1, 10, 0, 0, 0, time.UTC)
	for raw, ok := range map[string]bool{
		`1756720800`: true, `1756720800.0`: true, `"2025-09-01 10:00:00"`: true, `"2025-09-01T10:00:00Z"`: true,
		`"2025-09-01T12:00:00+02:00"`: true, `"2025-09-01 10:00:00.000"`: true,
		`null`: false, `"yesterday"`: false, `1e300`: false, `{}`: false, ``: false,
	} {
		got, is := claudeslack.Time(json.RawMessage(raw))
		if is != ok || (ok && !got.Equal(want)) {
			t.Errorf("%s: got %v, %v", raw, got, is)
		}
	}
	if got := claudeslack.JulianTime(2440587.5 + 1.5); got.UnixMilli() != 129_600_000 {
		t.Errorf("got %v", got)
	}
}

// TestJSON_AlwaysValid: whatever a writer put into a JSON column, what comes
// out is JSON.
func TestJSON_AlwaysValid(t *testing.T) {
	for _, v := range []any{
		nil, int64(7), 1.5, math.NaN(), math.Inf(1), true, `{"a": 1}`, `[1,2]`, `{broken`, "", "\xff\xfe", "a\x00b", "{\"a\":\"\xff\"}", []byte(`{"b":2}`), []byte{0, 1},
	} {
		for name, got := range map[string]json.RawMessage{"JSON": claudeslack.JSON(v), "Raw": claudeslack.Raw(v)} {
			if !json.Valid(got) {
				t.Errorf("%s(%q): got %s", name, v, got)
			}
		}
	}
	if got := claudeslack.JSON(`{"a": 1}`); string(got) != `{"a":1}` {
		t.Errorf("got %s", got)
	}
}
