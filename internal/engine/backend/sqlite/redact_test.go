package sqlite_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/event"
)

// TestLog_Redact: a text leaves the file's pages, of however many it was, and
// what is no message does not keep a deletion from being appended.
func TestLog_Redact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	log := open(t, sqlite.Options{Path: path, Redact: true})
	b := new(backend.Batch)
	for i, text := range []string{"kept", strings.Repeat("secret ", 100), strings.Repeat("secret ", 3000)} {
		id := []string{"1", "2", "2"}[i]
		payload, err := json.Marshal(event.Message{Content: text})
		if err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, event.Event{Type: event.MessageNew, EntityType: "message", EntityID: id, Payload: payload, CreatedAt: time.Now()})
	}
	b.Events = append(b.Events, event.Event{Type: event.AgentRegistered, EntityType: "agent", EntityID: "2", Payload: []byte(`{"name":"kept"}`), CreatedAt: time.Now()})
	if err := log.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	exec(t, path, `INSERT INTO event_stream(event_type,entity_type,entity_id,payload,processed) VALUES('odd','message','2','secret, no JSON',1),('odd','message','2',NULL,1)`)
	if err := log.Append(t.Context(), &backend.Batch{Redact: []string{"2", "3"}}); err != nil {
		t.Fatal(err)
	}
	bounds, err := log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events, err := log.Read(t.Context(), event.Cursor{Epoch: bounds.Epoch}, event.Filter{}, 10)
	if err != nil || len(events) != 6 {
		t.Fatalf("got %d events, %v, want 6", len(events), err)
	}
	for i, want := range []string{"kept", event.RedactedText, event.RedactedText, "kept", event.RedactedText, event.RedactedText} {
		if !bytes.Contains(events[i].Wire, []byte(`"`+want+`"`)) {
			t.Errorf("event %d: got %s, want %q in it", i, events[i].Wire, want)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || bytes.Contains(content, []byte("secret")) {
		t.Errorf("got the text in the file (%v), want it overwritten", err)
	}
}
