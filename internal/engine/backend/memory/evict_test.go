package memory_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/event"
)

// TestLog_SaysGapForWhatItDropped is pipeline rule 5 for a log that is bounded
// by number.
func TestLog_SaysGapForWhatItDropped(t *testing.T) {
	log := memory.New(memory.Options{Max: 2})
	b := &backend.Batch{}
	for _, typ := range []event.Type{event.MessageNew, event.DMReceived, event.MessageNew, event.DMReceived, event.MessageNew} {
		b.Events = append(b.Events, event.Event{Type: typ, Payload: []byte(`{}`)})
	}
	if err := log.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if n, err := log.Size(t.Context()); n != 2 || err != nil {
		t.Errorf("got %d events, %v, want 2", n, err)
	}
	direct := event.Filter{Types: []string{"dm.*"}}
	for _, tt := range []struct {
		after  int
		filter event.Filter
		want   int // events, or -1 for a gap
	}{
		{0, event.Filter{}, -1},
		{1, event.Filter{}, -1},
		{2, event.Filter{}, 2},
		{0, direct, -1},
		{1, direct, 2}, // the log leaves filtering to its reader
	} {
		events, err := log.Read(t.Context(), b.Events[tt.after].Cursor, tt.filter, 10)
		gap, _ := errors.AsType[*event.GapError](err)
		if got := len(events); gap != nil && (tt.want != -1 || gap.Reason != event.GapTrimmed) || gap == nil && got != tt.want {
			t.Errorf("after %d with %v: got %d events, %v, want %d", tt.after+1, tt.filter, got, err, tt.want)
		}
	}
}

// TestLog_SaysGapForWhatHasAged is the same for a log that is bounded by age.
// The newest events stay, however old: there is no gap where nothing is missing.
func TestLog_SaysGapForWhatHasAged(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	log := memory.New(memory.Options{TTL: time.Minute, Now: func() time.Time { return now }})
	add := func(n int) []event.Event {
		t.Helper()
		b := &backend.Batch{Events: slices.Repeat([]event.Event{{Type: event.MessageNew, Payload: []byte(`{}`)}}, n)}
		if err := log.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		return b.Events
	}
	check := func(name string, at event.Cursor, want int) {
		t.Helper()
		events, err := log.Read(t.Context(), at, event.Filter{}, 1000)
		got := len(events)
		if gap, ok := errors.AsType[*event.GapError](err); ok && gap.Reason == event.GapTrimmed {
			got = -1
		} else if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: got %d events, want %d", name, got, want)
		}
	}
	first := add(10)[0].Cursor
	now = now.Add(30 * time.Second)
	second := add(256)
	check("within the time", first, 265)
	now = now.Add(30 * time.Second)
	if n, err := log.Expire(t.Context(), now, 1); n != 10 || err != nil {
		t.Errorf("expired %d, %v, want 10", n, err)
	}
	check("beyond it", first, -1)
	check("behind what is gone", second[0].Cursor, 255)
	now = now.Add(time.Hour)
	if n, err := log.Expire(t.Context(), now, 1); n != 0 || err != nil {
		t.Errorf("expired %d, %v, want none of the newest", n, err)
	}
	add(1) // takes the oldest with it
	check("the newest after long silence", second[0].Cursor, 256)
	if n, err := log.Size(t.Context()); n != 256 || err != nil {
		t.Errorf("got %d events, %v, want 256", n, err)
	}
}
