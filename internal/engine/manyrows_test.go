package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// TestRule10_OneRowOfMany: what is written to one row of a global agent counts
// only if it changes what is true of the agent.
func TestRule10_OneRowOfMany(t *testing.T) {
	db, w := newWorld(t)
	const register = `INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('gina',NULL,'online')`
	const join = `INSERT INTO channel_members(channel_id,agent_name,agent_project_id,opted_out) VALUES('global:general','gina',NULL,`
	w.Exec(register, register, join+`0)`, join+`0)`)
	e := startCarrier(t, db)
	all := e.operator(t, e.Window().Latest())
	w.Exec(
		`UPDATE agents SET status='busy' WHERE rowid=(SELECT max(rowid) FROM agents WHERE name='gina')`,
		`UPDATE channel_members SET opted_out=1 WHERE rowid=(SELECT max(rowid) FROM channel_members WHERE agent_name='gina')`,
		join+`1)`,
		`DELETE FROM channel_members WHERE rowid=(SELECT max(rowid) FROM channel_members WHERE agent_name='gina')`,
		say("still there"),
		`DELETE FROM channel_members WHERE rowid=(SELECT min(rowid) FROM channel_members WHERE agent_name='gina')`,
		say("gone"),
	)
	var got []seen
	for len(got) == 0 || got[len(got)-1].Entity != "2" {
		for _, ev := range collect(t, all, 1) {
			got = append(got, seenOf(ev))
		}
	}
	everyone := []string{"alice:p", "bob:p", "gina:"}
	want := []seen{
		{string(event.MessageNew), "1", everyone},
		{string(event.MemberLeft), "global:general/gina:", everyone},
		{string(event.MessageNew), "2", everyone[:2]},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule10_ManyRowsOfOneKey: a global agent has a row for every message it
// sent. Removing one of them removes nobody.
func TestRule10_ManyRowsOfOneKey(t *testing.T) {
	db := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, db)
	w.Exec(world...)
	e := startCarrier(t, db)
	all := e.operator(t, e.Window().Latest())
	register := `INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('gina',NULL,'online')`
	join := `INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','gina',NULL)`
	w.Exec(register, register, register, join, join)
	w.Exec(`DELETE FROM agents WHERE rowid=(SELECT min(rowid) FROM agents WHERE name='gina')`,
		`DELETE FROM channel_members WHERE rowid=(SELECT max(rowid) FROM channel_members WHERE agent_name='gina')`)
	w.Exec(`VACUUM`)
	w.Exec(`UPDATE agents SET status='busy' WHERE name='gina'`, say("hello"))
	var got []seen
	for len(got) == 0 || got[len(got)-1].Type != string(event.MessageNew) {
		for _, ev := range collect(t, all, 1) {
			got = append(got, seenOf(ev))
		}
	}
	everyone := []string{"alice:p", "bob:p", "gina:"}
	want := []seen{
		{"agent.registered", "gina:", everyone},
		{"channel.member.joined", "global:general/gina:", everyone},
		{"agent.status.changed", "gina:", everyone},
		{"message.new", "1", everyone},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
