package author_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/sqlitedb"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

const web, api = "6e80fe1383fb56d068d4cfe265b5d35d", "2b0b63929122367315e84a3529b266ec"

var (
	alice = event.Agent{Name: "alice", Project: web}
	bob   = event.Agent{Name: "bob", Project: web}
	carol = event.Agent{Name: "carol", Project: api}
	dora  = event.Agent{Name: "dora", Project: web} // takes no direct messages
	gina  = event.Agent{Name: "gina"}
)

// workspace is a database with agents of two projects and a global one, as
// the host would have made it, and an Author on it.
type workspace struct {
	*author.Author
	t  testing.TB
	db string
}

func newWorkspace(t testing.TB) *workspace {
	t.Helper()
	db := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, db)
	w.Exec(
		fmt.Sprintf(`INSERT INTO projects(id,path,name) VALUES('%s','/web','web'),('%s','/api','api')`, web, api),
		fmt.Sprintf(`INSERT INTO agents(name,project_id,status,dm_policy,discoverable) VALUES('alice','%[1]s','online','open','public'),('bob','%[1]s','online','open','public'),
('carol','%[2]s','online','restricted','public'),('dora','%[1]s','online','closed','public'),('gina',NULL,'online','open','public'),('gina',NULL,'online','open','public')`, web, api),
		`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('global:general','channel','open','global','general'),('global:staff','channel','members','global','staff')`,
		fmt.Sprintf(`INSERT INTO channels(id,channel_type,access_type,scope,name,project_id) VALUES('proj_6e80fe13:dev','channel','open','project','dev','%s')`, web),
		fmt.Sprintf(`INSERT INTO channel_members(channel_id,agent_name,agent_project_id,can_send,can_leave,can_manage) VALUES('global:general','alice','%[1]s',1,1,0),
('global:general','bob','%[1]s',0,0,0),('global:staff','alice','%[1]s',1,1,1)`, web),
	)
	return open(t, db)
}

func open(t testing.TB, db string) *workspace {
	t.Helper()
	a := author.New(author.Options{Path: db})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return &workspace{a, t, db}
}

// do does what must be allowed.
func (w *workspace) do(as event.Agent, op action.Op) action.Result {
	w.t.Helper()
	r, err := w.Do(w.t.Context(), as, op)
	if err != nil {
		w.t.Fatalf("%s, %+v: %v", as, op, err)
	}
	return r
}

// query returns rows of the database, columns joined by |.
func (w *workspace) query(q string, args ...any) []string {
	w.t.Helper()
	db, err := sqlitedb.Open(w.db, sqlitedb.ReadOnly)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), q, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// TestAuthor_WritesAsTheHost compares the rows with those of the host's own
// statements, as its traffic was recorded.
func TestAuthor_WritesAsTheHost(t *testing.T) {
	w := newWorkspace(t)
	sent := w.do(alice, action.Send{Channel: "global:general", Content: "hello @bob, @carol:x and @nobody", Metadata: json.RawMessage(`{"priority":12345678901234567890}`), Thread: "7"})
	w.do(alice, action.Send{Channel: "global:general", Content: "plain"})
	dm := w.do(bob, action.Send{To: alice, Content: "psst"})
	again := w.do(alice, action.Send{To: bob, Content: "what?"})
	global := w.do(gina, action.Send{To: alice, Content: "from everywhere"})
	note := w.do(gina, action.Note{Content: "remember", Tags: []string{"a"}})
	w.do(gina, action.Note{Content: "and this", Session: "s1"})
	made := w.do(alice, action.CreateChannel{Name: "team-1", Project: web, Access: "members"})
	w.do(carol, action.Join{Channel: "global:general"})
	w.do(dora, action.SetStatus{Status: "busy"})

	for _, tt := range []struct{ name, query, want string }{
		{
			"message", `SELECT channel_id||'|'||sender_id||'|'||sender_project_id||'|'||thread_id||'|'||metadata||'|'||typeof(timestamp)||'|'||coalesce(confidence,'none') FROM messages WHERE id=` + fmt.Sprint(sent.Message),
			`global:general|alice|` + web + `|7|{"mentions":{"valid":[{"name":"bob","project_id":null,"raw":"@bob"}],"invalid":[{"name":"carol","project_id":"x","raw":"@carol:x"},{"name":"nobody","project_id":null,"raw":"@nobody"}],"total":3},"priority":12345678901234567890}|real|none`,
		},
		{"plain message", `SELECT content||'|'||coalesce(metadata,'none')||'|'||coalesce(thread_id,'none') FROM messages WHERE content='plain'`, `plain|none|none`},
		{
			"direct channel", `SELECT id||'|'||channel_type||'|'||access_type||'|'||scope||'|'||name||'|'||typeof(created_at) FROM channels WHERE id='dm:alice:6e80fe13:bob:6e80fe13'`,
			`dm:alice:6e80fe13:bob:6e80fe13|direct|private|project|dm:alice:6e80fe13:bob:6e80fe13|real`,
		},
		{
			"its members", `SELECT group_concat(agent_name||can_leave||can_send||can_invite||invited_by||source,',') FROM channel_members WHERE channel_id='` + dm.Channel + `'`,
			`bob010systemsystem,alice010systemsystem`,
		},
		{"direct channel of a global agent", `SELECT id||'|'||scope FROM channels WHERE id='` + global.Channel + `'`, `dm:alice:6e80fe13:gina:|global`},
		{"notes", `SELECT id||'|'||name||'|'||access_type||'|'||scope||'|'||created_by FROM channels WHERE id='` + note.Channel + `'`, `notes:gina:global|notes-gina|private|global|gina`},
		{"note", `SELECT content||'|'||metadata FROM messages WHERE id=` + fmt.Sprint(note.Message), `remember|{"session_context":null,"tags":["a"],"type":"note"}`},
		{"one notes channel", `SELECT count(*) FROM channels WHERE id LIKE 'notes:%'`, `1`},
		{
			"channel", `SELECT id||'|'||access_type||'|'||scope||'|'||project_id||'|'||description||'|'||created_by FROM channels WHERE id='` + made.Channel + `'`,
			`proj_6e80fe13:team-1|members|project|` + web + `|Project team-1 channel|alice`,
		},
		{
			"its creator", `SELECT agent_name||can_leave||can_send||can_invite||can_manage||invited_by||source||typeof(joined_at) FROM channel_members WHERE channel_id='` + made.Channel + `'`,
			`alice1111systemsystemreal`,
		},
		{"join", `SELECT can_leave||can_send||can_invite||can_manage||invited_by||source FROM channel_members WHERE channel_id='global:general' AND agent_name='carol'`, `1110selfmanual`},
		{"status", `SELECT status||typeof(last_active) FROM agents WHERE name='dora'`, `busyreal`},
		{"the sender's settings stay", `SELECT dm_policy||status||typeof(last_active) FROM agents WHERE name='alice'`, `openonlinereal`},
	} {
		if diff := cmp.Diff([]string{tt.want}, w.query(tt.query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if again.Channel != dm.Channel {
		t.Errorf("the answer went to %s, want %s", again.Channel, dm.Channel)
	}
}

// filler keeps the host's search index from the fault that
// TestAuthor_HostsOwnFault shows.
const filler = "some words that keep the search index in good spirits while others come and go"

// TestAuthor_HostsOwnFault: the host's index fails for a change to more words
// than the workspace holds otherwise. It is said as what it is.
func TestAuthor_HostsOwnFault(t *testing.T) {
	w := newWorkspace(t)
	id := w.do(alice, action.Send{Channel: "global:general", Content: "one"}).Message
	_, err := w.Do(t.Context(), alice, action.Edit{Message: id, Content: "many more words"})
	if refused, ok := errors.AsType[*action.RefusedError](err); !ok || refused.Reason != action.Conflict || !strings.Contains(err.Error(), "search index") {
		t.Errorf("got %v", err)
	}
	if got := w.query(`SELECT content FROM messages`); got[0] != "one" {
		t.Errorf("got %v, want it unchanged", got)
	}
	w.do(alice, action.Send{Channel: "global:general", Content: filler})
}

// TestAuthor_EditAndDelete changes an agent's own messages and no others.
func TestAuthor_EditAndDelete(t *testing.T) {
	w := newWorkspace(t)
	w.do(alice, action.Send{Channel: "global:general", Content: filler})
	id := w.do(alice, action.Send{Channel: "global:general", Content: "one", Metadata: json.RawMessage(`{"k":[1]}`)}).Message
	w.do(alice, action.Edit{Message: id, Content: "two"})
	if got := w.query(`SELECT content||is_edited||typeof(edited_at) FROM messages WHERE id=?`, id); got[0] != "two1real" {
		t.Errorf("edited: got %s", got)
	}
	w.do(alice, action.Delete{Message: id})
	if got := w.query(`SELECT content||json_extract(metadata,'$.deleted')||json_type(metadata,'$.deleted')||json_extract(metadata,'$.deleted_by')||json_type(metadata,'$.deleted_at')||json_extract(metadata,'$.k') FROM messages WHERE id=?`, id); got[0] != "[Message deleted]1integeralicereal[1]" {
		t.Errorf("deleted: got %s", got)
	}
	if r := w.do(alice, action.Delete{Message: id}); !r.Unchanged {
		t.Errorf("deleted again: got %+v, want it unchanged", r)
	}
	hosttest.StartWriter(t, w.db).Exec(fmt.Sprintf(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content,metadata) VALUES('global:general','alice','%s','odd','not json')`, web))
	w.do(alice, action.Delete{Message: id + 1})
	if got := w.query(`SELECT json_extract(metadata,'$.deleted_by') FROM messages WHERE content LIKE '[%' AND id=?`, id+1); len(got) != 1 || got[0] != "alice" {
		t.Errorf("odd metadata: got %v", got)
	}
}

// TestAuthor_Refuses asks for what the host's rules forbid; nothing of it is
// written.
func TestAuthor_Refuses(t *testing.T) {
	w := newWorkspace(t)
	w.do(alice, action.Send{Channel: "global:general", Content: filler})
	id := w.do(alice, action.Send{Channel: "global:general", Content: "mine"}).Message
	deleted := w.do(alice, action.Send{Channel: "global:general", Content: "gone"}).Message
	w.do(alice, action.Delete{Message: deleted})
	secret := w.do(alice, action.CreateChannel{Name: "secret", Access: "private"}).Channel
	before := w.query(`SELECT (SELECT group_concat(id||content) FROM messages)||(SELECT count(*) FROM channels)||(SELECT count(*) FROM channel_members)||(SELECT group_concat(status) FROM agents)`)
	for _, tt := range []struct {
		as     event.Agent
		op     action.Op
		reason action.Reason
		says   string
	}{
		{alice, action.Send{Channel: "global:general", Content: " \n"}, action.Invalid, "needs text"},
		{alice, action.Send{Channel: "global:general", Content: strings.Repeat("é", action.MaxContent+1)}, action.Invalid, "150001 characters"},
		{alice, action.Send{Channel: "global:general", Content: "a\xff"}, action.Invalid, "UTF-8"},
		{alice, action.Send{Channel: "global:general", Content: "x", Metadata: json.RawMessage(`[1]`)}, action.Invalid, "no JSON object"},
		{alice, action.Send{Content: "x"}, action.Invalid, "say which"},
		{alice, action.Send{Channel: "nowhere", Content: "x"}, action.Missing, `no channel "nowhere"`},
		{event.Agent{Name: "zoe"}, action.Send{Channel: "global:general", Content: "x"}, action.Missing, `no agent "zoe:"`},
		{bob, action.Send{Channel: "global:general", Content: "x"}, action.Forbidden, "without can_send"},
		{carol, action.Send{Channel: "global:general", Content: "x"}, action.Forbidden, "not a member"},
		{bob, action.Send{Channel: secret, Content: "x"}, action.Missing, "no channel"},
		{carol, action.Send{Channel: "proj_6e80fe13:dev", Content: "x"}, action.Missing, "no channel"},
		{alice, action.Send{To: dora, Content: "x"}, action.Forbidden, "directly"},
		{dora, action.Send{To: alice, Content: "x"}, action.Forbidden, "directly"},
		{alice, action.Send{To: carol, Content: "x"}, action.Forbidden, "directly"},
		{alice, action.Send{To: alice, Content: "x"}, action.Invalid, "itself"},
		{alice, action.Send{To: event.Agent{Name: "zoe"}, Content: "x"}, action.Missing, "no agent"},
		{bob, action.Edit{Message: id, Content: "x"}, action.Missing, "only who wrote"},
		{bob, action.Delete{Message: id}, action.Missing, "only who wrote"},
		{alice, action.Edit{Message: 999, Content: "x"}, action.Missing, "no message 999"},
		{alice, action.Edit{Message: deleted, Content: "x"}, action.Conflict, "is deleted"},
		{bob, action.Leave{Channel: "global:general"}, action.Forbidden, "without can_leave"},
		{carol, action.Leave{Channel: "global:general"}, action.Forbidden, "not a member"},
		{bob, action.Join{Channel: "global:staff"}, action.Forbidden, "for members only"},
		{bob, action.Join{Channel: secret}, action.Missing, "no channel"},
		{carol, action.Join{Channel: "proj_6e80fe13:dev"}, action.Missing, "no channel"},
		{alice, action.CreateChannel{Name: "Über"}, action.Invalid, "lower-case"},
		{alice, action.CreateChannel{Name: "a--b"}, action.Invalid, "lower-case"},
		{alice, action.CreateChannel{Name: strings.Repeat("a", 81)}, action.Invalid, "lower-case"},
		{alice, action.CreateChannel{Name: "x", Access: "public"}, action.Invalid, "want open"},
		{alice, action.CreateChannel{Name: "general"}, action.Conflict, `"global:general" already`},
		{alice, action.CreateChannel{Name: "x", Project: api}, action.Forbidden, "own project"},
		{bob, action.Archive{Channel: "global:general"}, action.Forbidden, "neither made"},
		{alice, action.SetStatus{}, action.Invalid, "status"},
		{alice, action.Note{}, action.Invalid, "needs text"},
	} {
		_, err := w.Do(t.Context(), tt.as, tt.op)
		refused, ok := errors.AsType[*action.RefusedError](err)
		if !ok || refused.Reason != tt.reason || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s, %.120s: got %v, want %d %q", tt.as, fmt.Sprintf("%T%+v", tt.op, tt.op), err, tt.reason, tt.says)
		}
	}
	if diff := cmp.Diff(before, w.query(`SELECT (SELECT group_concat(id||content) FROM messages)||(SELECT count(*) FROM channels)||(SELECT count(*) FROM channel_members)||(SELECT group_concat(status) FROM agents)`)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
}

// TestAuthor_Membership joins, leaves, opts in again and archives; what is so
// already is no error and no change.
func TestAuthor_Membership(t *testing.T) {
	w := newWorkspace(t)
	w.do(gina, action.Join{Channel: "proj_6e80fe13:dev"})
	if r := w.do(gina, action.Join{Channel: "proj_6e80fe13:dev"}); !r.Unchanged {
		t.Error("joined twice")
	}
	hosttest.StartWriter(t, w.db).Exec(`UPDATE channel_members SET opted_out=1 WHERE agent_name='gina'`)
	if _, err := w.Do(t.Context(), gina, action.Send{Channel: "proj_6e80fe13:dev", Content: "x"}); !errors.Is(err, event.ErrForbidden) {
		t.Errorf("opted out: got %v", err)
	}
	w.do(gina, action.Join{Channel: "proj_6e80fe13:dev"})
	if got := w.query(`SELECT count(*)||max(opted_out) FROM channel_members WHERE agent_name='gina'`); got[0] != "10" {
		t.Errorf("opted in again: got %s rows and opted_out, want one row", got)
	}
	w.do(gina, action.Leave{Channel: "proj_6e80fe13:dev"})
	if got := w.query(`SELECT count(*) FROM channel_members WHERE agent_name='gina'`); got[0] != "0" {
		t.Errorf("left: got %s rows", got)
	}
	w.do(alice, action.Archive{Channel: "global:staff"})
	if r := w.do(alice, action.Archive{Channel: "global:staff"}); !r.Unchanged {
		t.Error("archived twice")
	}
	w.do(alice, action.Archive{Channel: "global:staff", Undo: true})
	if got := w.query(`SELECT is_archived FROM channels WHERE id='global:staff'`); got[0] != "0" {
		t.Errorf("brought back: got %s", got)
	}
}

// TestAuthor_Batches: many writers at once share transactions, one that is
// refused hurts no other, and everything is there when Do returns.
func TestAuthor_Batches(t *testing.T) {
	w := newWorkspace(t)
	const writers, each = 20, 25
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range each {
				as := alice
				if (i+j)%5 == 0 {
					as = bob // may not
				}
				_, err := w.Do(t.Context(), as, action.Send{Channel: "global:general", Content: fmt.Sprint(i, " ", j)})
				if refused := err != nil; refused != (as == bob) {
					t.Errorf("%d %d: got %v", i, j, err)
				}
			}
		})
	}
	all.Wait()
	if got := w.query(`SELECT count(*)||sender_id FROM messages`); len(got) != 1 || got[0] != "400alice" {
		t.Errorf("got %v, want 400alice", got)
	}
}

// TestAuthor_Unavailable: a lock that is not given back is an error that
// passes, and whoever gives up waiting has changed nothing.
func TestAuthor_Unavailable(t *testing.T) {
	w := newWorkspace(t)
	holder, conn, err := sqlitedb.Conn(t.Context(), w.db, sqlitedb.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	_, err = w.Do(t.Context(), alice, action.Send{Channel: "global:general", Content: "late"})
	if !errors.Is(err, event.ErrUnavailable) {
		t.Errorf("locked: got %v, want unavailable", err)
	}
	given, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := w.Do(given, alice, action.Send{Channel: "global:general", Content: "never"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: got %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	w.do(alice, action.Send{Channel: "global:general", Content: "now"})
	if got := w.query(`SELECT content FROM messages`); len(got) != 1 || got[0] != "now" {
		t.Errorf("got %v, want the last message alone", got)
	}
}

func TestAuthor_Close(t *testing.T) {
	w := newWorkspace(t)
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if _, err := w.Do(t.Context(), alice, action.SetStatus{Status: "busy"}); !errors.Is(err, event.ErrClosed) {
		t.Errorf("got %v, want closed", err)
	}
}

// TestAuthor_NeverCreates: a file that the host finds empty breaks it for
// good.
func TestAuthor_NeverCreates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "claude-slack.db")
	if _, err := open(t, path).Do(t.Context(), alice, action.SetStatus{Status: "busy"}); err == nil {
		t.Error("wrote to what is not there")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("made a file")
	}
}

// TestAuthor_Replaced: what is written goes to the file that is there now, not
// into one that was moved away.
func TestAuthor_Replaced(t *testing.T) {
	w, other := newWorkspace(t), newWorkspace(t)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	w.do(alice, action.Send{Channel: "global:general", Content: "to the first"})
	if err := os.Rename(other.db, w.db); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} { // as a restore does
		if err := os.Remove(w.db + beside); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	w.do(alice, action.Send{Channel: "global:general", Content: "to the second"})
	if got := w.query(`SELECT content FROM messages`); len(got) != 1 || got[0] != "to the second" {
		t.Errorf("got %v in the file that is there", got)
	}
}

// TestAuthor_LetsGo: while there is nothing to write, the file is not held.
func TestAuthor_LetsGo(t *testing.T) {
	w := newWorkspace(t)
	w.Author = author.New(author.Options{Path: w.db, Idle: time.Millisecond})
	t.Cleanup(func() { _ = w.Author.Close() })
	w.do(alice, action.Send{Channel: "global:general", Content: "one"})
	for deadline := time.Now().Add(20 * time.Second); ; {
		if _, err := os.Stat(w.db + "-wal"); errors.Is(err, os.ErrNotExist) {
			break // whoever closes last leaves no log behind
		}
		if time.Now().After(deadline) {
			t.Fatal("the database stays open")
		}
		runtime.Gosched()
	}
	w.do(alice, action.Send{Channel: "global:general", Content: "two"})
}

// BenchmarkSend is the throughput of messages in full batches, beside that of
// the plain row writes that the host's tables need for them.
func BenchmarkSend(b *testing.B) {
	b.Run("author", func(b *testing.B) {
		w := newWorkspace(b)
		b.SetParallelism(100)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				w.do(alice, action.Send{Channel: "global:general", Content: "a message of the usual length, more or less, about what is to be done next"})
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("plain", func(b *testing.B) {
		w := newWorkspace(b)
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		db, conn, err := sqlitedb.Conn(b.Context(), w.db, sqlitedb.ReadWrite, "journal_mode(WAL)", "foreign_keys(1)")
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		defer conn.Close()
		insert, err := conn.PrepareContext(b.Context(), `INSERT INTO messages(channel_id,sender_id,sender_project_id,content,timestamp) VALUES('global:general','alice',?,?,?)`)
		if err != nil {
			b.Fatal(err)
		}
		defer insert.Close()
		b.ResetTimer()
		for n := 0; n < b.N; n += author.DefaultBatch {
			err := sqlitedb.Tx(b.Context(), conn, "BEGIN IMMEDIATE", func() error {
				for range author.DefaultBatch {
					if _, err := insert.ExecContext(b.Context(), web, "a message of the usual length, more or less, about what is to be done next", float64(time.Now().Unix())); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	})
}
