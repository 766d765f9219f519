package memory_test

import (
	"errors"
	"testing"

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
