package trigger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// TestTriggers_ConflictClauses: whatever a writer does about rows that are
// there already, with recursive triggers or without, in a transaction or not,
// only what came to be true makes events.
func TestTriggers_ConflictClauses(t *testing.T) {
	const (
		agent  = `INTO agents(name,project_id,status) VALUES('alice','p','online')`
		busy   = `INTO agents(name,project_id,status) VALUES('alice','p','busy')`
		gina   = `INTO agents(name,project_id,status) VALUES('gina',NULL,'online')`
		member = `INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p')`
		ginas  = `INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','gina',NULL)`
		link   = `INTO project_links(project_a_id,project_b_id,enabled) VALUES('p','q',TRUE)`
		left   = "channel.member.left global:general/alice:p"
		joined = "channel.member.joined global:general/alice:p"
		said   = "message.new 1"
		linked = "project.linked p/q"
		status = "agent.status.changed alice:p"
	)
	tests := []struct {
		name string
		sql  []string
		want []string
	}{
		{"replace agent with the same", []string{"INSERT OR REPLACE " + agent}, nil},
		{"replace agent twice", []string{"INSERT OR REPLACE " + agent, "INSERT OR REPLACE " + agent}, nil},
		{"replace agent with another status", []string{"INSERT OR REPLACE " + busy}, []string{status}},
		{"replace agent there and back", []string{"INSERT OR REPLACE " + busy, "INSERT OR REPLACE " + agent}, []string{status, status}},
		{"replace agent with a description", []string{`INSERT OR REPLACE INTO agents(name,project_id,status,description) VALUES('alice','p','online','new')`}, nil},
		{"global agent again", []string{"INSERT OR REPLACE " + gina, "INSERT OR REPLACE " + gina}, nil},
		{"global agent again, with another status", []string{`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('gina',NULL,'busy')`}, nil},
		{"new agent by replace", []string{`INSERT OR REPLACE INTO agents(name,project_id) VALUES('new','p')`}, []string{"agent.registered new:p"}},
		{"new agent twice by replace", []string{`INSERT OR REPLACE INTO agents(name,project_id) VALUES('new','p')`, `INSERT OR REPLACE INTO agents(name,project_id) VALUES('new','p')`}, []string{"agent.registered new:p"}},
		{"ignored agent", []string{"INSERT OR IGNORE " + agent}, nil},
		{"ignored agent with another status", []string{"INSERT OR IGNORE " + busy}, nil},
		{"ignored agent and then another", []string{"INSERT OR IGNORE " + busy, `INSERT INTO agents(name,project_id) VALUES('new','p')`}, []string{"agent.registered new:p"}},
		{"agent do nothing", []string{"INSERT " + busy + " ON CONFLICT DO NOTHING"}, nil},
		{"agent do update of nothing visible", []string{"INSERT " + busy + " ON CONFLICT DO UPDATE SET last_active=5"}, nil},
		{"agent do update", []string{"INSERT " + busy + " ON CONFLICT(name,project_id) DO UPDATE SET status=excluded.status"}, []string{status}},
		{"agent do update with the same", []string{"INSERT " + agent + " ON CONFLICT(name,project_id) DO UPDATE SET status=excluded.status"}, nil},
		{"ignored agent, then removed and registered", []string{"INSERT OR IGNORE " + busy, `DELETE FROM agents WHERE name='dora'`, `INSERT INTO agents(name,project_id) VALUES('dora','p')`}, []string{"agent.registered dora:p"}},
		{"agent that can not be removed", []string{`DELETE FROM agents WHERE name='bob'`}, nil},
		{"replace member", []string{"INSERT OR REPLACE " + member}, nil},
		{"replace member twice", []string{"INSERT OR REPLACE " + member, "INSERT OR REPLACE " + member}, nil},
		{"global member again", []string{"INSERT OR REPLACE " + ginas, "INSERT OR REPLACE " + ginas}, nil},
		{"ignored member", []string{"INSERT OR IGNORE " + member}, nil},
		{"member do nothing", []string{"INSERT " + member + " ON CONFLICT DO NOTHING"}, nil},
		{"member do update", []string{"INSERT " + member + " ON CONFLICT DO UPDATE SET is_muted=TRUE"}, nil},
		{"member do update that opts out", []string{"INSERT " + member + " ON CONFLICT DO UPDATE SET opted_out=TRUE"}, []string{left}},
		{"member opts out, and in by replace", []string{`UPDATE channel_members SET opted_out=TRUE WHERE agent_name='alice'`, "INSERT OR REPLACE " + member}, []string{left, joined}},
		{"member opts out twice", []string{`UPDATE channel_members SET opted_out=TRUE WHERE agent_name='alice'`, `UPDATE channel_members SET opted_out=1 WHERE agent_name='alice'`}, []string{left}},
		{"member replaced by one that opted out", []string{`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id,opted_out) VALUES('global:general','alice','p',TRUE)`}, []string{left}},
		{"one of two rows of a global member leaves", []string{"INSERT " + ginas, `DELETE FROM channel_members WHERE rowid=(SELECT max(rowid) FROM channel_members WHERE agent_name='gina')`}, nil},
		{"one of two rows of a global member opts out", []string{"INSERT " + ginas, `UPDATE channel_members SET opted_out=TRUE WHERE rowid=(SELECT max(rowid) FROM channel_members WHERE agent_name='gina')`}, nil},
		{"both rows of a global member leave", []string{"INSERT " + ginas, `DELETE FROM channel_members WHERE agent_name='gina'`}, []string{"channel.member.left global:general/gina:"}},
		{"a member's muting and read marks", []string{`UPDATE channel_members SET is_muted=TRUE,last_read_message_id=1,last_read_at=5 WHERE agent_name='alice'`}, nil},
		{"link", []string{"INSERT " + link}, []string{linked}},
		{"link twice by replace", []string{"INSERT OR REPLACE " + link, "INSERT OR REPLACE " + link}, []string{linked}},
		{"ignored link", []string{"INSERT " + link, "INSERT OR IGNORE " + link}, []string{linked}},
		{"link disabled and enabled", []string{"INSERT " + link, `UPDATE project_links SET enabled=FALSE`, `UPDATE project_links SET enabled=TRUE`}, []string{linked, linked}},
		{"ignored channel", []string{`INSERT OR IGNORE INTO channels(id,channel_type,access_type,scope,name) VALUES('global:general','channel','open','global','x')`}, nil},
		{"channel that breaks a check", []string{`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('x','nonsense','open','global','x')`}, nil},
		{"channel updated to the same", []string{`UPDATE channels SET name=name,is_archived=is_archived`}, nil},
		{"message updated to the same", []string{say, `UPDATE messages SET content=content,metadata=metadata`}, []string{said}},
		{"message to nowhere", []string{`INSERT INTO messages(channel_id,sender_id,content) VALUES('nowhere','bob','x')`}, nil},
		{"two rows, one of them bad", []string{`INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general','bob',NULL)`}, nil},
		{"two rows, one of them bad, or fail", []string{`INSERT OR FAIL INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general','bob',NULL)`}, []string{said}},
		{"two rows, one of them ignored", []string{`INSERT OR IGNORE INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general','bob',NULL)`}, []string{said}},
	}
	template := newCaptured(t)
	for _, tt := range tests {
		for _, recursive := range []string{"OFF", "ON"} {
			for _, transaction := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, recursive %s, transaction %v", tt.name, recursive, transaction), func(t *testing.T) {
					c := template.copy(t)
					statements := tt.sql
					if transaction {
						statements = slices.Concat([]string{"BEGIN"}, tt.sql, []string{"COMMIT"})
					}
					got := c.do(hosttest.Step{SQL: append([]string{"PRAGMA recursive_triggers=" + recursive}, statements...), Errors: true})
					c.want(tt.name, got, tt.want...)
				})
			}
		}
	}
}

// TestTriggers_RemovedAndMadeAgain: a row that is removed and inserted again
// by two statements is no replace, whatever its values.
func TestTriggers_RemovedAndMadeAgain(t *testing.T) {
	for _, recursive := range []string{"OFF", "ON"} {
		for _, transaction := range [][2]string{{`SELECT 1`, `SELECT 1`}, {"BEGIN", "COMMIT"}} {
			c := newCaptured(t)
			got := c.do(hosttest.Step{SQL: []string{
				"PRAGMA recursive_triggers=" + recursive, transaction[0],
				`DELETE FROM channel_members WHERE agent_name='alice'`,
				`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p')`,
				`DELETE FROM agents WHERE name='dora'`,
				`INSERT INTO agents(name,project_id,status) VALUES('dora','p','online')`,
				transaction[1],
			}})
			c.want("recursive "+recursive+" "+transaction[0], got,
				"channel.member.left global:general/alice:p", "channel.member.joined global:general/alice:p", "agent.registered dora:p")
		}
	}
}

// TestTriggers_ReregistrationLogsNothing: the host registers the sender again
// with every message. That must cost no row.
func TestTriggers_ReregistrationLogsNothing(t *testing.T) {
	c := newCaptured(t)
	for _, key := range []string{`'bob','p'`, `'gina',NULL`} {
		c.w.Exec(`INSERT OR REPLACE INTO agents(name,project_id,description,dm_policy,discoverable,status,current_project_id,metadata,last_active,created_at)
VALUES(` + key + `,NULL,'open','public','online',NULL,NULL,1795433888.8,1795433888.8)`)
	}
	if run := c.changes(); len(run.Changes) != 0 {
		t.Errorf("got changes %+v, want none", run.Changes)
	}
	got := c.do(hosttest.Step{SQL: []string{`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('bob','p','online')`, say}})
	c.want("message", got, "message.new 1")
}

// TestTriggers_ManyRowsOfOneKey: a global agent has a row for every message it
// sent. Only the truth about the agent counts.
func TestTriggers_ManyRowsOfOneKey(t *testing.T) {
	c := newCaptured(t)
	again := `INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('gina',NULL,'online')`
	row := func(which string) string { return `rowid=(SELECT ` + which + `(rowid) FROM agents WHERE name='gina')` }
	step := func(what, sql string, want ...string) {
		t.Helper()
		c.want(what, c.do(hosttest.Step{SQL: []string{sql}}), want...)
	}
	for range 5 {
		step("registered again", again)
	}
	step("the newest row removed", `DELETE FROM agents WHERE `+row("max"))
	step("the oldest row removed", `DELETE FROM agents WHERE `+row("min"))
	step("vacuum", `VACUUM`)
	step("the status of a newer row", `UPDATE agents SET status='away' WHERE `+row("max"))
	step("the status of all rows", `UPDATE agents SET status='busy' WHERE name='gina'`, "agent.status.changed gina:")
	step("the same status", `UPDATE agents SET status='busy' WHERE name='gina'`)
	step("the status of the oldest row", `UPDATE agents SET status='online' WHERE `+row("min"), "agent.status.changed gina:")
	step("all rows removed", `DELETE FROM agents WHERE name='gina'`)
	step("registered anew", again, "agent.registered gina:")
	step("deleted from everywhere", `DELETE FROM channel_members WHERE agent_name='gina'`, "channel.member.left global:general/gina:")
}

// TestTriggers_Cascades: what a foreign key removes is logged as what a
// statement removes, in commit order.
func TestTriggers_Cascades(t *testing.T) {
	c := newCaptured(t)
	got := c.do(hosttest.Step{SQL: []string{`DELETE FROM channels WHERE id='global:general'`}})
	slices.Sort(got)
	c.want("channel removed", got, "channel.member.left global:general/alice:p", "channel.member.left global:general/bob:p", "channel.member.left global:general/gina:")
}

// TestTriggers_RolledBack: nothing of what a writer takes back is in the
// change log, and ids that are given again are not missed.
func TestTriggers_RolledBack(t *testing.T) {
	c := newCaptured(t)
	got := c.do(hosttest.Step{SQL: []string{
		"BEGIN", say, say, `DELETE FROM channel_members`, "ROLLBACK",
		"BEGIN", say, "SAVEPOINT a", say, `UPDATE agents SET status='gone'`, "SAVEPOINT b", say, "ROLLBACK TO a", "RELEASE a", say, "COMMIT",
		"SAVEPOINT c", say, "ROLLBACK TO c", "RELEASE c",
	}})
	c.want("rolled back", got, "message.new 1", "message.new 2")
	c.w.Do(hosttest.Step{Keep: true, SQL: []string{"BEGIN IMMEDIATE", say, `UPDATE agents SET status='gone'`}})
	c.w.Kill()
	c.w = hosttest.StartWriter(t, c.db)
	c.want("killed", c.events())
	c.want("afterwards", c.do(hosttest.Step{SQL: []string{say}}), "message.new 3")
}

// TestLog_StatementThatFailsHalfWay: a statement with OR FAIL keeps the rows
// before the one that failed, and leaves the sequence behind them.
func TestLog_StatementThatFailsHalfWay(t *testing.T) {
	c := newCaptured(t)
	c.w.Do(hosttest.Step{Errors: true, SQL: []string{`INSERT OR FAIL INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general','bob',NULL)`}})
	if seq := rows(t, c.db, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name='cslack_change'),0)`); seq[0] != "[0]" {
		t.Errorf("got sequence %v, want it behind the row, which this is about", seq)
	}
	c.want("statement", c.events(), "message.new 1")
	log := trigger.New(trigger.Options{Host: capture.NewHost(c.db)})
	defer log.Close()
	look, err := log.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	if look.At != c.at || look.At.ID != 1 {
		t.Errorf("got position %+v, want %+v behind the row", look.At, c.at)
	}
	if err := log.Claim(t.Context(), "file", "path", false); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Trim(t.Context(), "file", look.At); err != nil {
		t.Fatal(err)
	}
	c.want("next", c.do(hosttest.Step{SQL: []string{say}}), "message.new 2")
	if _, err := log.Next(t.Context(), look.At, 10); errors.Is(err, capture.ErrReplaced) {
		t.Errorf("got %v, want the next change", err)
	}
}
