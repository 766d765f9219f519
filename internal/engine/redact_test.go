package engine_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/poll"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// redacting is an engine that redacts what is deleted.
func redacting(o *engine.Options) { o.Redact = true }

// openRedacting opens the event file of a database as serve does then.
func openRedacting(t *testing.T, db string) *sqlite.Log {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, Redact: true, Archiving: backend.Archiving{Enabled: true}})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

const (
	softDelete = `UPDATE messages SET content='[Message deleted]',metadata='{"deleted":1}' WHERE content LIKE '%secret%'`
	hardDelete = `DELETE FROM messages WHERE content LIKE '%secret%'`
	editSecret = `UPDATE messages SET content='still secret' WHERE content='secret'`
)

// outline is what of events must stay as it was: all but the texts.
func outline(events []*event.Event) (out []string) {
	for _, e := range events {
		wire := string(e.Wire)
		for _, text := range []string{"still secret", "secret", event.RedactedText} {
			wire = strings.ReplaceAll(wire, `"`+text+`"`, `"?"`)
		}
		out = append(out, wire)
	}
	return out
}

func wantNoSecret(t *testing.T, where string, events []*event.Event) {
	t.Helper()
	redacted := 0
	for _, e := range events {
		if bytes.Contains(e.Wire, []byte("secret")) {
			t.Errorf("%s: got %s, want it without the text", where, e.Wire)
		}
		redacted += bytes.Count(e.Wire, []byte(event.RedactedText))
	}
	if redacted != 4 { // new, edited with what was before, deleted
		t.Errorf("%s: got %d texts redacted, want 4", where, redacted)
	}
}

// TestEngine_RedactsDeleted: nobody who comes after a deletion gets the text,
// neither from the window nor from the file, the archive or another engine,
// and nothing else of the events changes. It is what was delivered of the
// deletion too.
func TestEngine_RedactsDeleted(t *testing.T) {
	for name, remove := range map[string]string{"marked": softDelete, "gone": hardDelete} {
		t.Run(name, func(t *testing.T) {
			db, w := newWorld(t)
			store := openRedacting(t, db)
			e := startCarrier(t, db, redacting, func(o *engine.Options) { o.Store = store })
			follower := startCarrier(t, db, redacting, func(o *engine.Options) { o.Store = openRedacting(t, db) })
			live, other := e.operator(t, event.Cursor{}), follower.operator(t, event.Cursor{})
			w.Exec(say("keep"), say("secret"), editSecret, say("more"))
			seen := collectUntil(t, live, `"more"`)
			collectUntil(t, other, `"more"`)
			for _, r := range []*running{e, follower} { // streams that began in the file may be ahead
				for r.Window().Latest() != seen[len(seen)-1].Cursor {
					w.Exec(`PRAGMA user_version`)
				}
			}
			// Half of it is in the archive when the message is deleted.
			if n, err := store.Expire(t.Context(), time.Now().Add(365*24*time.Hour), len(seen)-2); n != len(seen)-2 || err != nil {
				t.Fatalf("archived %d, %v", n, err)
			}
			w.Exec(remove, say("end"))
			seen = append(seen, collectUntil(t, live, `"end"`)...)
			collectUntil(t, other, `"end"`)

			after, err := e.Before(t.Context(), event.Request{Operator: true}, event.Cursor{}, len(seen))
			if err != nil {
				t.Fatal(err)
			}
			compareTail(t, "the log", seen, after)
			wantNoSecret(t, "window", windowFrom(e, seen))
			wantNoSecret(t, "the other engine's window", windowFrom(follower, seen))
			follower.stop()
			e.stop()
			archived, err := openFile(t, eventFile(db), true).Subscribe(t.Context(), event.Request{Operator: true})
			if err != nil {
				t.Fatal(err)
			}
			defer archived.Close()
			all := eventtest.ReadAll(t, archived)
			wantNoSecret(t, "archive", all)
			compareTail(t, "archive", seen, all)
			if content, err := os.ReadFile(eventFile(db)); err != nil || bytes.Contains(content, []byte("secret")) {
				t.Errorf("got the text in the file (%v), want it overwritten", err)
			}
		})
	}
}

// windowFrom are the events in the window from the first on that was captured.
func windowFrom(r *running, seen []*event.Event) []*event.Event {
	i := slices.IndexFunc(seen, func(e *event.Event) bool { return e.Change > 0 })
	held, _ := r.Window().After(event.Cursor{Epoch: seen[i].Cursor.Epoch, Offset: seen[i].Cursor.Offset - 1}, 100)
	return held
}

// compareTail compares events, but for texts, with the last of those that were
// delivered.
func compareTail(t *testing.T, where string, delivered, got []*event.Event) {
	t.Helper()
	n := min(len(got), len(delivered))
	if diff := cmp.Diff(outline(delivered[len(delivered)-n:]), outline(got[len(got)-n:])); diff != "" || n < 3 {
		t.Errorf("%s: %d events (-delivered +later):\n%s", where, n, diff)
	}
}

// collectUntil reads events until one holds a text.
func collectUntil(t *testing.T, s event.Stream, text string) (out []*event.Event) {
	t.Helper()
	for {
		out = append(out, collect(t, s, 1)...)
		if bytes.Contains(out[len(out)-1].Payload, []byte(text)) {
			return out
		}
	}
}

// TestEngine_RedactsInOneBatch: what is written and deleted before anybody
// looks is never told.
func TestEngine_RedactsInOneBatch(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	w.Exec(say("keep"), say("secret"), editSecret, softDelete, say("end"))
	e := startCarrier(t, db, redacting, func(o *engine.Options) { o.Store = openRedacting(t, db) })
	wantNoSecret(t, "backlog", e.everything(t))
}

// TestEngine_RedactsInMemory: without a file it is the same.
func TestEngine_RedactsInMemory(t *testing.T) {
	db, w := newWorld(t)
	e := start(t, engine.Options{Changes: poll.New(poll.Options{Host: capture.NewHost(db)}), Store: memory.New(memory.Options{}), Redact: true})
	s := e.operator(t, event.Cursor{})
	w.Exec(say("keep"), say("secret"))
	contents(t, s, "secret")
	w.Exec(editSecret)
	collectUntil(t, s, "still secret")
	w.Exec(softDelete, say("end"))
	contents(t, s, "end")
	wantNoSecret(t, "log", e.everything(t))
}
