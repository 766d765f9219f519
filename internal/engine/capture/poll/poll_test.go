package poll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/sqlitedb"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

// fixture is a poller of a database, and a connection that writes to it.
type fixture struct {
	*Poller
	t  testing.TB
	db *sql.Conn
	at claudeslack.Checkpoint
}

// watch polls a database that holds what the statements put there.
func watch(t testing.TB, statements ...string) *fixture {
	t.Helper()
	return watchFile(t, hosttest.NewDatabase(t), statements...)
}

func watchFile(t testing.TB, path string, statements ...string) *fixture {
	t.Helper()
	f := &fixture{t: t, Poller: New(Options{Host: capture.NewHost(path)}), db: connect(t, path)}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	f.exec(statements...)
	f.at = f.look()
	return f
}

func connect(t testing.TB, path string) *sql.Conn {
	t.Helper()
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadWrite, "foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(c.Close(), db.Close()) })
	return c
}

// exec runs statements, each of which commits by itself.
func (f *fixture) exec(statements ...string) {
	f.t.Helper()
	for _, s := range statements {
		f.run(s)
	}
}

func (f *fixture) run(statement string, args ...any) {
	f.t.Helper()
	if _, err := f.db.ExecContext(f.t.Context(), statement, args...); err != nil {
		f.t.Fatalf("%s: %v", statement, err)
	}
}

// tx runs statements as one transaction.
func (f *fixture) tx(statements ...string) {
	f.t.Helper()
	f.exec("BEGIN")
	f.exec(statements...)
	f.exec("COMMIT")
}

// look takes a look and returns its position.
func (f *fixture) look() claudeslack.Checkpoint {
	f.t.Helper()
	l, err := f.Look(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer l.Close()
	return l.At
}

// pending returns the changes that were found and not yet taken.
func (f *fixture) pending() []claudeslack.Change {
	f.t.Helper()
	f.mu.Lock()
	last := f.queue.last
	f.mu.Unlock()
	if last == f.at.ID {
		return nil
	}
	run, err := f.Next(f.t.Context(), f.at, 1<<20)
	if err != nil {
		f.t.Fatal(err)
	}
	f.at.ID = run.Changes[len(run.Changes)-1].ID
	return run.Changes
}

// expect takes a look and compares the changes with want.
func (f *fixture) expect(want ...string) []claudeslack.Change {
	f.t.Helper()
	f.look()
	return f.expectPending(want...)
}

func (f *fixture) expectPending(want ...string) []claudeslack.Change {
	f.t.Helper()
	changes := f.pending()
	var got []string
	for _, c := range changes {
		if c.Row != nil {
			got = append(got, describe(c.Row))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("changes differ (-want +got):\n%s", diff)
	}
	return changes
}

// scanAll runs a scan of the older messages to its end.
func (f *fixture) scanAll() {
	f.t.Helper()
	f.mu.Lock()
	f.scan.next, f.scan.dirty = time.Time{}, true
	f.mu.Unlock()
	for running := true; running; {
		if _, err := f.work(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
		f.mu.Lock()
		running = f.scan.running
		f.mu.Unlock()
	}
}

func describe(r claudeslack.Row) string {
	str := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	switch r := r.(type) {
	case claudeslack.MessageInserted:
		return fmt.Sprintf("message %d %s: %s", r.ID, r.ChannelID, r.Content)
	case claudeslack.MessageUpdated:
		return fmt.Sprintf("edited %d %s %s: %s %s", r.ID, r.OldContent, r.OldMetadata, r.Content, r.Metadata)
	case claudeslack.MessageDeleted:
		return fmt.Sprintf("deleted %d %s %s:%s: %s %s", r.ID, r.ChannelID, r.SenderID, str(r.SenderProjectID), r.Content, r.Metadata)
	case claudeslack.ChannelPut:
		return fmt.Sprintf("channel %s %s", r.ID, r.Name)
	case claudeslack.ChannelGone:
		return "channel gone " + r.ID
	case claudeslack.MemberPut:
		return fmt.Sprintf("member %s/%s:%s %v", r.ChannelID, r.AgentName, str(r.AgentProjectID), r.Active)
	case claudeslack.MemberGone:
		return fmt.Sprintf("member gone %s/%s:%s", r.ChannelID, r.AgentName, str(r.AgentProjectID))
	case claudeslack.AgentPut:
		return fmt.Sprintf("agent %s:%s %s %s", r.Name, str(r.ProjectID), str(r.Status), str(r.Discoverable))
	case claudeslack.AgentGone:
		return "agent gone " + r.Agent.String()
	case claudeslack.LinkPut:
		return fmt.Sprintf("link %s %s %v", r.ProjectA, r.ProjectB, r.Enabled)
	case claudeslack.LinkGone:
		return fmt.Sprintf("link gone %s %s", r.ProjectA, r.ProjectB)
	case claudeslack.ConfigSynced:
		return "config " + r.ConfigHash
	case claudeslack.ToolCalled:
		return fmt.Sprintf("called %s %s %s %s", r.ProjectID, r.ProjectPath, r.Tool, r.Inputs)
	}
	return fmt.Sprintf("%T", r)
}

// Statements of the host, shortened.

func project(id string) string {
	return fmt.Sprintf(`INSERT OR REPLACE INTO projects(id,path,name) VALUES(%q,'/%s',%q)`, id, id, id)
}

func agent(name, project, status string) string {
	if project == "" {
		project = "NULL"
	} else {
		project = "'" + project + "'"
	}
	return fmt.Sprintf(`INSERT OR REPLACE INTO agents(name,project_id,dm_policy,discoverable,status) VALUES('%s',%s,'open','public','%s')`, name, project, status)
}

func channel(id, access string) string {
	typ := "channel"
	if strings.HasPrefix(id, "dm:") {
		typ = "direct"
	}
	return fmt.Sprintf(`INSERT INTO channels(id,channel_type,access_type,scope,name,created_by) VALUES('%s','%s','%s','global','%[1]s','gina')`, id, typ, access)
}

func member(channel, name string) string {
	return fmt.Sprintf(`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,joined_at) VALUES('%s','%s',unixepoch('subsec'))`, channel, name)
}

func message(channel, content string) string {
	return fmt.Sprintf(`INSERT INTO messages(channel_id,sender_id,content,timestamp) VALUES('%s','gina','%s',unixepoch('subsec'))`, channel, content)
}

func softDelete(id int) string {
	return fmt.Sprintf(`UPDATE messages SET content='[Message deleted]',is_edited=1,edited_at=unixepoch('subsec'),
metadata=json_set(coalesce(metadata,'{}'),'$.deleted',1,'$.deleted_by','gina') WHERE id=%d`, id)
}

// basics are two global agents in a channel.
var basics = []string{agent("gina", "", "online"), agent("gus", "", "online"), channel("general", "open"), member("general", "gina"), member("general", "gus")}

func TestPoller_WhatIsThereAtTheFirstLookIsNoChange(t *testing.T) {
	f := watch(t, append(basics, message("general", "hello"))...)
	if f.at.ID != 0 || f.at.Log == "" {
		t.Errorf("got checkpoint %+v, want change 0 of an epoch", f.at)
	}
	f.expect()
	f.exec(message("general", "again"))
	f.expect("message 2 general: again")
	f.expect()
}

// TestPoller_OneLookIsOneTransaction is pipeline rule 17: whatever came in
// which order, a look says who and where first, and what is gone last.
func TestPoller_OneLookIsOneTransaction(t *testing.T) {
	f := watch(t, append(basics, project("p1"), project("p2"), agent("pia", "p1", "online"),
		`INSERT INTO project_links(project_a_id,project_b_id) VALUES('p1','p2')`,
		channel("old", "open"), member("old", "gus"), message("general", "one"), message("general", "two"))...)
	f.exec(
		message("general", "three"),
		`UPDATE messages SET content='one!' WHERE id=1`,
		`DELETE FROM messages WHERE id=2`,
		`DELETE FROM channels WHERE id='old'`,
		`DELETE FROM agents WHERE name='pia'`,
		`DELETE FROM project_links`,
		agent("zoe", "", "busy"),
		channel("new", "private"), member("new", "zoe"), member("new", "gina"),
		message("new", "four"),
		`INSERT INTO config_sync_history(config_hash,config_snapshot,applied_at,scope) VALUES('h1','{}',1764000000.5,'all')`,
		project("p3"),
		`INSERT INTO project_links(project_a_id,project_b_id) VALUES('p1','p3')`,
		`UPDATE channel_members SET opted_out=1 WHERE channel_id='general' AND agent_name='gus'`,
	)
	changes := f.expect(
		"agent zoe: busy public",
		"link p1 p3 true",
		"channel new new",
		"member new/zoe: true", "member new/gina: true",
		"config h1",
		"message 3 general: three", "message 4 new: four",
		"edited 1 one null: one! null",
		"member general/gus: false",
		"member gone old/gus:",
		"deleted 2 general gina:: two null",
		"channel gone old",
		"link gone p1 p2",
		"agent gone pia:p1",
	)
	for i, c := range changes {
		count := int64(i + 1)
		if c.Row == nil {
			if i != len(changes)-1 {
				t.Errorf("marker at change %d, want it last", c.ID)
			}
			count = 1
		}
		if c.ID != int64(i+1) || c.Count != count {
			t.Errorf("got id %d with count %d, want %d with %d", c.ID, c.Count, i+1, count)
		}
	}
	f.exec(message("general", "five"))
	next := f.expect("message 5 general: five")
	if got, want := next[0].ID, int64(len(changes)+1); got != want || next[0].Count != 1 {
		t.Errorf("next look begins with id %d and count %d, want %d and 1", got, next[0].Count, want)
	}
}

// TestPoller_IsBlindBetweenLooks states what polling can not see.
func TestPoller_IsBlindBetweenLooks(t *testing.T) {
	f := watch(t, append(basics, message("general", "a"))...)
	f.exec(
		`UPDATE messages SET content='b' WHERE id=1`, `UPDATE messages SET content='a' WHERE id=1`,
		message("general", "gone at once"), `DELETE FROM messages WHERE id=2`,
		`UPDATE agents SET status='busy'`, `UPDATE agents SET status='online'`,
		`DELETE FROM channel_members WHERE agent_name='gus'`, member("general", "gus"),
	)
	f.expect()
}

func TestPoller_NextWaitsForACommit(t *testing.T) {
	f := watch(t, basics...)
	w := hosttest.StartWriter(t, f.host.Path())
	for i := range 20 {
		w.Exec(message("general", fmt.Sprint(i)))
		run, err := f.Next(t.Context(), f.at, 10)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := describe(run.Changes[0].Row), fmt.Sprintf("message %d general: %d", i+1, i); got != want || !run.Complete || len(run.Changes) != 1 {
			t.Fatalf("got %d changes, complete %v, the first is %q; want one, %q", len(run.Changes), run.Complete, got, want)
		}
		f.at.ID = run.Changes[0].ID
	}
}

func TestPoller_NextEndsWithItsContext(t *testing.T) {
	f := watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.Next(ctx, f.at, 10); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestPoller_LimitCutsARun(t *testing.T) {
	f := watch(t, basics...)
	f.exec(message("general", "1"), message("general", "2"), message("general", "3"))
	f.look()
	for i, want := range []struct {
		n        int
		complete bool
	}{{2, false}, {1, true}} {
		run, err := f.Next(t.Context(), f.at, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Changes) != want.n || run.Complete != want.complete || run.Changes[0].ID != f.at.ID+1 {
			t.Errorf("run %d: got %d changes from %d, complete %v; want %d from %d, %v",
				i, len(run.Changes), run.Changes[0].ID, run.Complete, want.n, f.at.ID+1, want.complete)
		}
		// Whoever could not carry a run asks again.
		again, err := f.Next(t.Context(), f.at, 2)
		if diff := cmp.Diff(run, again); err != nil || diff != "" {
			t.Errorf("run %d: asked again: error %v, %s", i, err, diff)
		}
		f.at.ID = run.Changes[len(run.Changes)-1].ID
	}
}

func TestPoller_NextRefusesOtherCheckpoints(t *testing.T) {
	f := watch(t, basics...)
	f.exec(message("general", "1"), message("general", "2"))
	f.expect("message 1 general: 1", "message 2 general: 2")
	f.exec(message("general", "3"))
	f.expect("message 3 general: 3")
	for _, at := range []claudeslack.Checkpoint{{}, {Log: "another"}, {Log: f.at.Log, ID: 4}, {Log: f.at.Log, ID: 1}} {
		if _, err := f.Next(t.Context(), at, 10); !errors.Is(err, capture.ErrReplaced) {
			t.Errorf("next after %+v: got %v, want %v", at, err, capture.ErrReplaced)
		}
	}
	fresh := New(Options{Host: capture.NewHost(f.host.Path())})
	defer fresh.Close()
	if _, err := fresh.Next(t.Context(), claudeslack.Checkpoint{}, 10); !errors.Is(err, capture.ErrReplaced) {
		t.Errorf("next before the first look: got %v, want %v", err, capture.ErrReplaced)
	}
}
