package poll

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack"
)

func TestPoller_Messages(t *testing.T) {
	f := watch(t, append(basics, message("general", "one"), message("general", "two"), message("general", "three"))...)
	deleted := `{"deleted":1,"deleted_by":"gina"}`
	for _, tc := range []struct {
		name, sql string
		want      []string
	}{
		{"edited by the host", `UPDATE messages SET content='one!',is_edited=1,edited_at=unixepoch('subsec') WHERE id=1`, []string{"edited 1 one null: one! null"}},
		{"edited by somebody, same length", `UPDATE messages SET content='two.' WHERE id=1`, []string{"edited 1 one! null: two. null"}},
		{"metadata", `UPDATE messages SET metadata='{"tags":["a"]}' WHERE id=1`, []string{`edited 1 two. null: two. {"tags":["a"]}`}},
		{"metadata written differently", `UPDATE messages SET metadata='{ "tags": ["a"] }' WHERE id=1`, nil},
		{"nothing that counts", `UPDATE messages SET is_edited=1,edited_at=1,topic_name='t',confidence=0.5 WHERE id=1`, nil},
		{"soft delete", softDelete(2), []string{"edited 2 two null: [Message deleted] " + deleted}},
		{"soft delete again", softDelete(2), nil},
		{"hard delete of that", `DELETE FROM messages WHERE id=2`, []string{"deleted 2 general gina:: [Message deleted] " + deleted}},
		{"hard delete of the newest", `DELETE FROM messages WHERE id=3`, []string{"deleted 3 general gina:: three null"}},
		{"malformed metadata", `UPDATE messages SET metadata='{not json' WHERE id=1`, []string{`edited 1 two. {"tags":["a"]}: two. "{not json"`}},
		{"zero characters", `UPDATE messages SET content='a'||char(0)||'b' WHERE id=1`, []string{"edited 1 two. \"{not json\": a\x00b \"{not json\""}},
		{"behind a zero character", `UPDATE messages SET content='a'||char(0)||'c' WHERE id=1`, []string{"edited 1 a\x00b \"{not json\": a\x00c \"{not json\""}},
		{"a blob", `UPDATE messages SET content=x'ff00',metadata=x'00' WHERE id=1`, []string{"edited 1 a\x00c \"{not json\": \uFFFD\x00 \"\\u0000\""}},
		{"a row at a free id", `INSERT INTO messages(id,channel_id,sender_id,content) VALUES(2,'general','gina','late')`, []string{"message 2 general: late"}},
		{"all", `DELETE FROM messages`, []string{"deleted 1 general gina:: \uFFFD\x00 \"\\u0000\"", "deleted 2 general gina:: late null"}},
		{"one more", message("general", "four"), []string{"message 4 general: four"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql)
			f.expect(tc.want...)
		})
	}
}

// TestPoller_LongContent: of long content only the hash is kept.
func TestPoller_LongContent(t *testing.T) {
	long := strings.Repeat("x", keptContent+1)
	f := watch(t, append(basics, message("general", long), message("general", long), message("general", long))...)
	f.exec(`UPDATE messages SET metadata='{"a":1}' WHERE id=1`)
	f.expect("edited 1 " + long + ` null: ` + long + ` {"a":1}`)
	f.exec(`UPDATE messages SET content='short',edited_at=2 WHERE id=1`)
	f.expect(`edited 1  {"a":1}: short {"a":1}`)
	f.exec(softDelete(2))
	f.expect(`edited 2  null: [Message deleted] {"deleted":1,"deleted_by":"gina"}`)

	// Of the same length and without the time of an edit, it shows once the
	// older messages are scanned.
	same := strings.Repeat("y", keptContent+1)
	f.exec(`UPDATE messages SET content='` + same + `' WHERE id=3`)
	f.expect()
	f.scanAll()
	f.exec(message("general", "more"))
	f.expect("message 4 general: more", `edited 3  null: `+same+` null`)
}

// many puts so many messages into the channel that those before are not among
// the newest.
func many(n int) string {
	return fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%d)
INSERT INTO messages(channel_id,sender_id,content,timestamp) SELECT 'general','gina','m'||i,1764000000.5 FROM n`, n)
}

func TestPoller_OlderMessages(t *testing.T) {
	before := append(basics, channel("notes:gina", "private"), `INSERT INTO messages(channel_id,sender_id,sender_project_id,content,metadata) VALUES
('notes:gina','gina',NULL,'note','{"type":"note","tags":["a"]}'),('general','gina',NULL,'one',NULL),('general','gina',NULL,'two',NULL),
('general','gina',NULL,'three',NULL),('general','gina',NULL,'four','{"priority":1}'),('general','gus',NULL,'five',NULL),('general','gus',NULL,'six','{"deleted":1}')`,
		many(recentMessages+2*scanChunk))
	t.Run("from before the first look", func(t *testing.T) {
		f := watch(t, before...)
		f.scanAll() // learns what is there
		f.expectPending()
		testOlderMessages(t, f)
	})
	t.Run("from after it", func(t *testing.T) {
		f := watch(t)
		f.exec(before...)
		f.pendingAfterLook()
		testOlderMessages(t, f)
	})
}

func testOlderMessages(t *testing.T, f *fixture) {
	deleted := `{"deleted":1,"deleted_by":"gina"}`
	for _, tc := range []struct {
		name, sql string
		want      []string
	}{
		{"nothing", `UPDATE messages SET is_edited=1`, nil},
		{"a note is tagged", `UPDATE messages SET metadata='{"type":"note","tags":["b"]}' WHERE id=1`, []string{`edited 1 note {"type":"note","tags":["a"]}: note {"type":"note","tags":["b"]}`}},
		{"edited", `UPDATE messages SET content='one!' WHERE id=2`, []string{`edited 2  null: one! null`}},
		{"metadata", `UPDATE messages SET metadata='{"a":1}' WHERE id=2`, []string{`edited 2 one! null: one! {"a":1}`}},
		{"soft delete", softDelete(3), []string{`edited 3  null: [Message deleted] ` + deleted}},
		{"soft delete again", softDelete(3), nil},
		{"deleted by another", `UPDATE messages SET metadata='{"deleted":1,"deleted_by":"gus"}' WHERE id=3`, []string{`edited 3 [Message deleted] ` + deleted + `: [Message deleted] {"deleted":1,"deleted_by":"gus"}`}},
		{"hard delete", `DELETE FROM messages WHERE id IN (4,6,7)`, []string{"deleted 4 general gina::  null", "deleted 6 general gus::  null", `deleted 7 general gus::  {"deleted":1}`}},
		{"in a later chunk", fmt.Sprintf(`UPDATE messages SET content='x' WHERE id=%d`, scanChunk+100), []string{fmt.Sprintf(`edited %d  null: x null`, scanChunk+100)}},
		{"and back", `INSERT INTO messages(id,channel_id,sender_id,content) VALUES(4,'general','gina','four')`, []string{"message 4 general: four"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql)
			f.look()
			f.expectPending() // too old to be seen by a look
			f.scanAll()
			f.expectPending(tc.want...)
		})
	}
}

// pendingAfterLook forgets what is found by a look.
func (f *fixture) pendingAfterLook() {
	f.t.Helper()
	f.look()
	f.pending()
}

// TestPoller_OlderMessagesAreRenderedRight: whatever was not kept, an edit, a
// deletion and a second deletion stay three different things.
func TestPoller_OlderMessagesAreRenderedRight(t *testing.T) {
	f := watch(t, append(basics, channel("notes:gina", "private"), member("notes:gina", "gina"), `INSERT INTO messages(channel_id,sender_id,content,metadata) VALUES
('notes:gina','gina','note','{"type":"note","tags":["a"]}'),('general','gina','one','{"n":1}'),('general','gina','two',NULL),('general','gina','three',NULL)`, many(2*recentMessages))...)
	f.scanAll()
	ws := f.workspace()
	for _, tc := range []struct {
		name, sql string
		want      []string
	}{
		{"edit", `UPDATE messages SET content='1' WHERE id=2`, []string{"message.edited"}},
		{"metadata", `UPDATE messages SET metadata='{"n":2}' WHERE id=2`, []string{"message.edited"}},
		{"delete", softDelete(2), []string{"message.deleted"}},
		{"delete again", `UPDATE messages SET metadata='{"deleted":1,"again":1}' WHERE id=2`, nil},
		{"remove the deleted", `DELETE FROM messages WHERE id=2`, nil},
		{"remove", `DELETE FROM messages WHERE id=3`, []string{"message.deleted"}},
		{"tags only", `UPDATE messages SET metadata='{"type":"note","tags":["b"]}' WHERE id=1`, []string{"note.tagged"}},
		{"note's text only", `UPDATE messages SET content='x' WHERE id=1`, []string{"message.edited"}},
		{"note", softDelete(1), []string{"message.deleted"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql)
			f.scanAll()
			events, _ := ws.Render(f.pending(), true)
			var got []string
			for _, e := range events {
				got = append(got, string(e.Type))
				if to := recipients(e); to == "[]" {
					t.Errorf("%s has no recipients", e.Type)
				}
			}
			wantList(t, got, tc.want...)
		})
	}
}

// TestPoller_LateFindsComeWithTheRest: what a scan finds is rendered against
// the members of that moment.
func TestPoller_LateFindsComeWithTheRest(t *testing.T) {
	f := watch(t, append(basics, many(recentMessages+10))...)
	f.scanAll()
	f.exec(`UPDATE messages SET content='x' WHERE id=3`, `DELETE FROM channel_members WHERE agent_name='gus'`)
	f.scanAll()
	f.expectPending("edited 3  null: x null", "member gone general/gus:")
}

// TestPoller_ScansOnlyWhatMayHaveChanged: not again and again what nobody
// writes to, although a scan connects, which is reason for a look.
func TestPoller_ScansOnlyWhatMayHaveChanged(t *testing.T) {
	f := watch(t, append(basics, many(recentMessages+3*scanChunk))...)
	f.scanAll()
	f.letGoNow()
	f.scanAll()
	late := time.Now().Add(24 * time.Hour)
	if f.scan.due(late) {
		t.Error("a scan is due, although nothing was committed since the last one began")
	}
	f.exec(message("general", "x"))
	f.look()
	if !f.scan.due(late) || f.scan.due(time.Now()) {
		t.Errorf("got a scan due %v now and %v later, want it later only", f.scan.due(time.Now()), f.scan.due(late))
	}
}

// TestPoller_ManyMessagesAtOnce: more than are kept.
func TestPoller_ManyMessagesAtOnce(t *testing.T) {
	f := watch(t, append(basics, message("general", "first"))...)
	f.exec(many(3 * recentMessages))
	f.look()
	for id, c := range f.pending() {
		m, ok := c.Row.(claudeslack.MessageInserted)
		if want := fmt.Sprintf("m%d", id+1); !ok || m.Content != want || m.ID != int64(id+2) {
			t.Fatalf("got %+v, want %s", c.Row, want)
		}
	}
	f.mu.Lock()
	rows, traces := len(f.image.messages.rows), len(f.image.messages.traces)
	f.mu.Unlock()
	if rows != recentMessages || traces != 3*recentMessages+1 {
		t.Errorf("got %d rows and %d traces, want %d and %d", rows, traces, recentMessages, 3*recentMessages+1)
	}
	f.exec(`UPDATE messages SET content='x' WHERE id=5`)
	f.scanAll()
	f.expectPending("edited 5  null: x null")
}

func TestLook_Time(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 10, 500e6, time.UTC)
	l := &look{now: now, image: image{began: now.Add(-5 * time.Second)}}
	unix := func(t time.Time) string {
		return fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/1e6)
	}
	for _, tc := range []struct {
		name, raw string
		want      time.Time
	}{
		{"since the look before", unix(now.Add(-time.Second)), now.Add(-time.Second)},
		{"just now", unix(now), now},
		{"before the look before", unix(now.Add(-6 * time.Second)), now},
		{"in the future", unix(now.Add(time.Second)), now},
		{"a full second ago", `"2026-11-23 12:00:08"`, now.Add(-2500 * time.Millisecond)},
		{"this second", `"2026-11-23 12:00:10"`, now},
		{"none", `null`, now},
		{"nonsense", `"yesterday"`, now},
		{"too large", `1e300`, now},
	} {
		if got := l.time(json.RawMessage(tc.raw)); !got.Equal(tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestPoller_TimeOfAMessage: it is the row's own, in between two looks.
func TestPoller_TimeOfAMessage(t *testing.T) {
	f := watch(t, basics...)
	after(f.image.began)
	f.exec(message("general", "hi"))
	var stored float64
	if err := f.db.QueryRowContext(t.Context(), `SELECT timestamp FROM messages`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	want := time.UnixMilli(int64(stored*1000 + 0.5))
	after(want)
	f.look()
	if got := f.pending()[0].At; got.Sub(want).Abs() > time.Millisecond {
		t.Errorf("got %v, want %v", got, want)
	}
}

// after returns when the clock is well past t.
func after(t time.Time) {
	for time.Since(t) < 5*time.Millisecond {
		runtime.Gosched()
	}
}
