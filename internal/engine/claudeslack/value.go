package claudeslack

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The host's columns are loosely typed: one column holds numbers in some rows
// and text in others, and JSON columns hold what any writer put there. These
// conversions take what the SQLite driver gives and never fail.

var null = json.RawMessage("null")

// Text returns v as text, or nil for NULL. Invalid UTF-8 is replaced.
func Text(v any) *string {
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		s = v
	case []byte:
		s = string(v)
	case int64:
		s = strconv.FormatInt(v, 10)
	case float64:
		s = strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		s = "0"
		if v {
			s = "1"
		}
	case time.Time:
		s = v.UTC().Format("2006-01-02 15:04:05")
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return &s
}

// String is Text with NULL as the empty string.
func String(v any) string {
	if s := Text(v); s != nil {
		return *s
	}
	return ""
}

// Int returns v as a whole number; what is none is 0.
func Int(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	case bool:
		if v {
			return 1
		}
	case string:
		n, _ := strconv.ParseInt(v, 10, 64)
		return n
	}
	return 0
}

// Bool returns whether SQLite would take v as true.
func Bool(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		f, err := strconv.ParseFloat(v, 64)
		return err == nil && f != 0
	}
	return false
}

// flag is Bool, or nil for NULL.
func flag(v any) *bool {
	if v == nil {
		return nil
	}
	return new(Bool(v))
}

// Raw returns v as a JSON value of its own kind: number, string or null.
func Raw(v any) json.RawMessage {
	switch v := v.(type) {
	case nil:
		return null
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return null
		}
		return strconv.AppendFloat(nil, v, 'f', -1, 64)
	}
	return quote(String(v))
}

// JSON returns the value of a JSON column: as it is if it is valid JSON, else
// as a JSON string, so that malformed metadata hurts nobody.
func JSON(v any) json.RawMessage {
	switch v.(type) {
	case string, []byte:
	default:
		return Raw(v)
	}
	s := String(v)
	if !json.Valid([]byte(s)) {
		return quote(s)
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil || !utf8.Valid(b.Bytes()) {
		return quote(s)
	}
	return b.Bytes()
}

func quote(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string always encodes
	return b
}

// Time returns when a host time column says, and whether it says anything:
// seconds since 1970 as a number, or text as the host's older versions wrote
// it (UTC) or as ISO 8601.
func Time(raw json.RawMessage) (time.Time, bool) {
	var f float64
	if json.Unmarshal(raw, &f) == nil && !bytes.Equal(raw, null) {
		if math.Abs(f) > 1e11 { // beyond the year 5138: not seconds
			return time.Time{}, false
		}
		sec, frac := math.Modf(f)
		return time.Unix(int64(sec), int64(frac*1e9)).UTC().Round(time.Millisecond), true
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return time.Time{}, false
	}
	for _, layout := range []string{"2006-01-02 15:04:05", time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Round(time.Millisecond), true
		}
	}
	return time.Time{}, false
}

// JulianTime converts a Julian day number, as SQLite's julianday() gives it,
// to the millisecond that it was made from.
func JulianTime(day float64) time.Time {
	const unixEpoch = 2440587.5
	return time.UnixMilli(int64(math.Round((day - unixEpoch) * 86_400_000))).UTC()
}
