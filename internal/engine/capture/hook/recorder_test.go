package hook_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/poll"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/sqlitedb"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

var (
	_ author.Transactor = (*hook.Recorder)(nil)
	_ author.Transactor = (*hook.Logged)(nil)
	_ hook.Writer       = (*poll.Poller)(nil)
)

// notes keeps what a Recorder says of the transactions that are committed.
type notes struct {
	rows  []claudeslack.Row
	known bool
}

func (n *notes) Write(ctx context.Context, c *sql.Conn, write func() ([]claudeslack.Row, error)) error {
	var rows []claudeslack.Row
	err := sqlitedb.Tx(ctx, c, "BEGIN IMMEDIATE", func() (err error) {
		rows, err = write()
		return err
	})
	if err == nil {
		n.rows, n.known = append(n.rows, rows...), rows != nil
	}
	return err
}

// session is a connection under a Recorder to a database that has our triggers
// as well: what they note is what the Recorder must say.
type session struct {
	t testing.TB
	*hook.Recorder
	notes
	conn *sql.Conn
	log  *trigger.Log
	at   claudeslack.Checkpoint
}

var errRolledBack = errors.New("rolled back")

func newSession(t testing.TB, path string) *session {
	t.Helper()
	look, err := trigger.Install(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, at: look.At, log: trigger.New(trigger.Options{Host: capture.NewHost(path), ReadOnly: true})}
	look.Close()
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadWrite, "foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	s.conn, s.Recorder = c, hook.NewRecorder(&s.notes)
	t.Cleanup(func() {
		if err := errors.Join(s.log.Close(), c.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// tx runs statements as one transaction, marking as author does. A statement
// may fail.
func (s *session) tx(statements ...string) {
	s.t.Helper()
	err := s.Transact(s.t.Context(), s.conn, func() error {
		savepoints := make(map[string]int)
		for _, q := range statements {
			word, name, _ := strings.Cut(q, " ")
			if word == "ROLLBACK" && name == "" {
				return errRolledBack
			}
			mark := s.Mark()
			if _, err := s.conn.ExecContext(s.t.Context(), q); err != nil {
				s.t.Logf("%s: %v", q, err)
				s.Undo(mark)
			}
			switch word {
			case "SAVEPOINT":
				savepoints[name] = mark
			case "ROLLBACK":
				s.Undo(savepoints[strings.TrimPrefix(name, "TO ")])
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errRolledBack) {
		s.t.Fatal(err)
	}
}

// noted returns what the triggers have noted since the last call.
func (s *session) noted() []claudeslack.Row {
	s.t.Helper()
	look, err := s.log.Look(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	end := look.At
	look.Close()
	var rows []claudeslack.Row
	for s.at.ID < end.ID {
		run, err := s.log.Next(s.t.Context(), s.at, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, c := range run.Changes {
			s.at.ID, s.at.Fence = c.ID, c.Fence
			if c.Row != nil {
				rows = append(rows, c.Row)
			}
		}
	}
	return rows
}

// check compares what was recorded since the last call with what was noted.
func (s *session) check() {
	s.t.Helper()
	if !s.known {
		s.t.Error("the recorder did not know")
	}
	if diff := cmp.Diff(s.noted(), s.rows); diff != "" {
		s.t.Errorf("recorded other than triggers note (-noted +recorded):\n%s", diff)
	}
	s.rows = nil
}

// must is check of that many changes.
func (s *session) must(n int) {
	s.t.Helper()
	if len(s.rows) != n {
		s.t.Errorf("got %d changes, want %d", len(s.rows), n)
	}
	s.check()
}

var world = []string{
	`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp'),('q','/q','api')`,
	`INSERT INTO agents(name,project_id,status) VALUES('ann','p','online'),('bob','p','online'),('gus',NULL,'online'),('gus',NULL,'busy')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('general','channel','open','global','general')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('general','ann','p'),('general','gus',NULL),('general','gus',NULL)`,
	`INSERT INTO messages(channel_id,sender_id,sender_project_id,content,metadata,timestamp) VALUES('general','ann','p','one','{"a":1}',1.5)`,
}

func say(text string) string {
	return `INSERT INTO messages(channel_id,sender_id,sender_project_id,content,timestamp) VALUES('general','ann','p','` + text + `',2)`
}

func newWorld(t testing.TB) *session {
	t.Helper()
	s := newSession(t, hosttest.NewDatabase(t))
	s.tx(world...)
	s.must(8)
	return s
}

// TestRecorder_SaysWhatTriggersNote, for every kind of write.
func TestRecorder_SaysWhatTriggersNote(t *testing.T) {
	for _, tt := range []struct {
		name string
		want int
		sql  []string
	}{
		{"nothing visible", 0, []string{`UPDATE agents SET last_active=5`, `UPDATE messages SET is_edited=1`, `UPDATE sessions SET metadata=NULL`}},
		{"messages", 4, []string{say("two"), `UPDATE messages SET content='b'||content,edited_at=3.25`, `DELETE FROM messages WHERE id=1`}},
		{"metadata of every type", 4, []string{`UPDATE messages SET metadata=x'00ff'`, `UPDATE messages SET metadata=x'00fe'`, `UPDATE messages SET metadata=5`, `UPDATE messages SET metadata=NULL,content=7`}},
		{"back and forth", 2, []string{`UPDATE messages SET content='two'`, `UPDATE messages SET content='one'`}},
		{"a replaced message", 1, []string{`INSERT OR REPLACE INTO messages(id,channel_id,sender_id,sender_project_id,content) VALUES(1,'general','ann','p','new')`}},
		{"channels", 3, []string{
			`INSERT INTO channels(id,channel_type,access_type,scope,name,created_by,created_by_project_id) VALUES('x','channel','private','project','x','ann','p')`,
			`UPDATE channels SET is_archived=1,description='d' WHERE id='x'`, `DELETE FROM channels WHERE id='x'`,
		}},
		{"members go with their channel", 4, []string{`DELETE FROM messages`, `DELETE FROM channels`}},
		{"one of a global agent's memberships", 0, []string{`DELETE FROM channel_members WHERE rowid=3`}},
		{"both, one after the other", 1, []string{`DELETE FROM channel_members WHERE rowid=3`, `DELETE FROM channel_members WHERE rowid=2`}},
		{"both at once", 1, []string{`DELETE FROM channel_members WHERE agent_name='gus'`}},
		{"leaves and comes again", 2, []string{`DELETE FROM channel_members WHERE agent_name='ann'`, `INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('general','ann','p')`}},
		{"joins again", 1, []string{`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id,source) VALUES('general','ann','p','manual')`}},
		{"opts out of one, of the other, and in again", 3, []string{
			`UPDATE channel_members SET opted_out=1 WHERE rowid=2`, `UPDATE channel_members SET opted_out=1 WHERE rowid=3`, `UPDATE channel_members SET opted_out=0 WHERE rowid=2`,
		}},
		{"comes as opted out", 1, []string{
			`INSERT INTO channel_members(channel_id,agent_name,opted_out) VALUES('general','gus',1)`, `INSERT INTO channel_members(channel_id,agent_name,agent_project_id,opted_out) VALUES('general','bob','p',1)`,
		}},
		{"the oldest row of a global agent", 1, []string{`UPDATE agents SET status='away' WHERE name='gus'`}},
		{"not the oldest", 0, []string{`UPDATE agents SET status='away' WHERE rowid=4`}},
		{"one row is gone, then the other", 3, []string{`DELETE FROM channel_members`, `DELETE FROM agents WHERE rowid=3`, `DELETE FROM agents WHERE rowid=4`}},
		{"the oldest now", 1, []string{`DELETE FROM agents WHERE rowid=3`, `UPDATE agents SET status='away' WHERE rowid=4`}},
		{"one more row of a global agent", 0, []string{`INSERT INTO agents(name,status) VALUES('gus','away')`}},
		{"the same agent again", 0, []string{`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('bob','p','online')`}},
		{"with another status", 1, []string{`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('bob','p','away')`}},
		{"gone and there again", 2, []string{`DELETE FROM agents WHERE name='bob'`, `INSERT INTO agents(name,project_id,status) VALUES('bob','p','online')`}},
		{"rows that are ignored", 0, []string{`INSERT OR IGNORE INTO agents(name,project_id) VALUES('bob','p')`}},
		{"links", 4, []string{
			`INSERT INTO project_links(project_a_id,project_b_id,link_type) VALUES('p','q','bidirectional')`, `UPDATE project_links SET enabled=0`,
			`INSERT OR REPLACE INTO project_links(project_a_id,project_b_id,link_type) VALUES('p','q','a_to_b')`, `DELETE FROM project_links`,
		}},
		{"a config", 1, []string{`INSERT INTO config_sync_history(config_hash,config_snapshot,scope) VALUES('h','{}','global')`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newWorld(t)
			s.tx(tt.sql...)
			s.must(tt.want)
		})
	}
}

// The next three are pipeline rule 16. SQLite tells of none of these: each
// fails without its mark.

func TestRecorder_ForgetsARollback(t *testing.T) {
	s := newWorld(t)
	s.tx(say("two"), `DELETE FROM channel_members WHERE agent_name='ann'`, "ROLLBACK")
	s.must(0)
	s.tx(say("three"))
	s.must(1)
}

func TestRecorder_ForgetsARollbackToASavepoint(t *testing.T) {
	s := newWorld(t)
	s.tx(say("two"), "SAVEPOINT a", say("three"), "SAVEPOINT b", `DELETE FROM channel_members`, "ROLLBACK TO b", say("four"), "ROLLBACK TO a", say("five"), "RELEASE a")
	s.must(2)
}

func TestRecorder_ForgetsAStatementThatFails(t *testing.T) {
	s := newWorld(t)
	s.tx(
		say("two"),
		`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('general','ann','p','three'),('general','ann','p',NULL)`,
		`UPDATE agents SET status='away',dm_policy=CASE name WHEN 'gus' THEN 'no such' ELSE 'open' END`,
		say("four"),
	)
	s.must(2)
}

// TestRecorder_DoesNotCutText: the driver gives a hook text up to a NUL only.
func TestRecorder_DoesNotCutText(t *testing.T) {
	s := newWorld(t)
	s.tx(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('general','ann','p','seen'||char(0)||'hidden')`)
	if s.known {
		t.Errorf("got %+v, want it to be found out", s.rows)
	}
	s.noted()
	s.tx(say("more"))
	s.must(1)
}

// TestRecorder_NeverFailsAWrite: what can not be recorded is made all the
// same, and has to be found out.
func TestRecorder_NeverFailsAWrite(t *testing.T) {
	s := newWorld(t)
	s.tx(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40000)
INSERT INTO messages(channel_id,sender_id,sender_project_id,content) SELECT 'general','ann','p',i FROM n`)
	if s.known {
		t.Errorf("got %d changes, want that they are to be found out", len(s.rows))
	}
	if got := len(s.noted()); got != 40_000 {
		t.Errorf("got %d messages, want 40000", got)
	}
	if _, err := s.conn.ExecContext(t.Context(), `ALTER TABLE project_links RENAME COLUMN link_type TO kind`); err != nil {
		t.Fatal(err)
	}
	if s.tx(say("two")); s.known {
		t.Error("the recorder knew, with a column missing that it reads")
	}
	if _, err := s.conn.ExecContext(t.Context(), `ALTER TABLE project_links RENAME COLUMN kind TO link_type`); err != nil {
		t.Fatal(err)
	}
	s.noted()
	s.tx(say("three"))
	s.must(1)
}

// TestRecorder_FollowsTheSchema: columns are found by name, also when the host
// changes its tables while we are connected.
func TestRecorder_FollowsTheSchema(t *testing.T) {
	s := newWorld(t)
	if _, err := s.conn.ExecContext(t.Context(), `ALTER TABLE messages ADD COLUMN later TEXT DEFAULT 'x'; DROP INDEX IF EXISTS x; ALTER TABLE messages DROP COLUMN ai_metadata`); err != nil {
		t.Fatal(err)
	}
	s.tx(say("two"), `UPDATE messages SET content='b',metadata='{"b":2}' WHERE id=1`)
	s.must(2)
}

// TestRecorder_RecordedTraffic runs what the real host has written.
func TestRecorder_RecordedTraffic(t *testing.T) {
	for _, generation := range []string{"v4.1", "v3.0"} {
		t.Run(generation, func(t *testing.T) {
			path, traffic := hosttest.Traffic(t, generation)
			s := newSession(t, path)
			total := 0
			for _, x := range traffic {
				s.tx(slices.DeleteFunc(slices.Clone(x.SQL), func(q string) bool { return strings.HasPrefix(q, "BEGIN") || q == "COMMIT" })...)
				total += len(s.rows)
				s.check()
				if t.Failed() {
					t.Fatalf("transaction %d: %s", x.N, strings.Join(x.SQL, "\n"))
				}
			}
			if total < 200 {
				t.Errorf("got %d changes, want more", total)
			}
		})
	}
}
