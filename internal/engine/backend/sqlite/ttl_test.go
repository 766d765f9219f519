package sqlite_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/event"
)

// TestLog_SetTTL: a new time to live is for events appended afterwards.
func TestLog_SetTTL(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
	log := open(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "events.db"), Now: func() time.Time { return now }})
	var got []time.Duration
	for _, ttl := range []backend.TTL{{}, {DM: time.Hour, Rest: time.Minute}} {
		if ttl != (backend.TTL{}) {
			log.SetTTL(ttl)
		}
		b := &backend.Batch{Events: []event.Event{
			{Type: event.MessageNew, Payload: []byte("{}"), CreatedAt: now}, {Type: event.DMReceived, Payload: []byte("{}"), CreatedAt: now},
		}}
		if err := log.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		for _, e := range b.Events {
			got = append(got, e.ExpiresAt.Sub(now))
		}
	}
	want := []time.Duration{backend.DefaultTTL.Rest, backend.DefaultTTL.DM, time.Minute, time.Hour}
	if !slices.Equal(got, want) {
		t.Errorf("got events that live for %v, want %v", got, want)
	}
}
