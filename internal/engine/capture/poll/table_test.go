package poll

import (
	"fmt"
	"testing"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

func TestPoller_Agents(t *testing.T) {
	f := watch(t, project("p1"), agent("pia", "p1", "online"), agent("gina", "", "online"))
	for _, tc := range []struct {
		name, sql string
		want      []string
	}{
		{"replaced by the same", agent("pia", "p1", "online"), nil},
		{"active and described", `UPDATE agents SET last_active=1,description='x',dm_policy='closed',created_at=2`, nil},
		{"replaced with another status", agent("pia", "p1", "busy"), []string{"agent pia:p1 busy public"}},
		{"discoverable", `UPDATE agents SET discoverable='private' WHERE name='pia'`, []string{"agent pia:p1 busy private"}},
		{"global agent once more", agent("gina", "", "online"), nil},
		{"a younger row of it differs", agent("gina", "", "busy"), nil},
		{"its oldest row differs", `UPDATE agents SET status='away' WHERE rowid=(SELECT min(rowid) FROM agents WHERE name='gina')`, []string{"agent gina: away public"}},
		{"its oldest row is deleted", `DELETE FROM agents WHERE rowid=(SELECT min(rowid) FROM agents WHERE name='gina')`, []string{"agent gina: online public"}},
		{"its last rows are deleted", `DELETE FROM agents WHERE name='gina'`, []string{"agent gone gina:"}},
		{"the same name in another project", agent("pia", "", "online"), []string{"agent pia: online public"}},
		{"renamed", `UPDATE agents SET name='paul' WHERE name='pia' AND project_id='p1'`, []string{"agent paul:p1 busy private", "agent gone pia:p1"}},
		{"no status", `UPDATE agents SET status=NULL WHERE name='paul'`, []string{"agent paul:p1  private"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql)
			f.expect(tc.want...)
		})
	}
}

func TestPoller_Members(t *testing.T) {
	f := watch(t, append(basics, agent("zoe", "", "online"))...)
	for _, tc := range []struct {
		name, sql string
		want      []string
	}{
		{"joins", member("general", "zoe"), []string{"member general/zoe: true"}},
		{"joins again, in a row of its own", member("general", "zoe"), nil},
		{"one row is deleted", `DELETE FROM channel_members WHERE rowid=(SELECT max(rowid) FROM channel_members)`, nil},
		{"reads and mutes", `UPDATE channel_members SET is_muted=1,last_read_at=1,can_send=0,source='x'`, nil},
		{"opts out", `UPDATE channel_members SET opted_out=1 WHERE agent_name='zoe'`, []string{"member general/zoe: false"}},
		{"leaves having opted out", `DELETE FROM channel_members WHERE agent_name='zoe'`, nil},
		{"comes opted out", `INSERT INTO channel_members(channel_id,agent_name,opted_out) VALUES('general','zoe',1)`, nil},
		{"opts in", `UPDATE channel_members SET opted_out=0 WHERE agent_name='zoe'`, []string{"member general/zoe: true"}},
		{"leaves", `DELETE FROM channel_members WHERE agent_name='zoe'`, []string{"member gone general/zoe:"}},
		{"somebody who is nobody", member("general", "system"), []string{"member general/system: true"}},
		{"all leave", `DELETE FROM channel_members`, []string{"member gone general/gina:", "member gone general/gus:", "member gone general/system:"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(`PRAGMA foreign_keys=0`, tc.sql)
			f.expect(tc.want...)
		})
	}
}

func TestPoller_Channels(t *testing.T) {
	f := watch(t, basics...)
	for _, tc := range []struct {
		name, sql string
		want      []string
	}{
		{"new", channel("dev", "open"), []string{"channel dev dev"}},
		{"renamed", `UPDATE channels SET name='develop' WHERE id='dev'`, []string{"channel dev develop"}},
		{"nothing anybody sees", `UPDATE channels SET created_at=1,owner_agent_name='gina' WHERE id='dev'`, nil},
		{"described", `UPDATE channels SET description='x' WHERE id='dev'`, []string{"channel dev develop"}},
		{"described with nothing", `UPDATE channels SET description='' WHERE id='dev'`, []string{"channel dev develop"}},
		{"not described", `UPDATE channels SET description=NULL WHERE id='dev'`, []string{"channel dev develop"}},
		{"topics", `UPDATE channels SET topic_required=1,default_topic='t' WHERE id='dev'`, []string{"channel dev develop"}},
		{"private", `UPDATE channels SET access_type='private' WHERE id='dev'`, []string{"channel dev develop"}},
		{"metadata", `UPDATE channels SET channel_metadata='{"a":1}' WHERE id='dev'`, []string{"channel dev develop"}},
		{"default", `UPDATE channels SET is_default=1 WHERE id='dev'`, []string{"channel dev develop"}},
		{"archived", `UPDATE channels SET is_archived=1 WHERE id='dev'`, []string{"channel dev develop"}},
		{"archived again", `UPDATE channels SET is_archived=1 WHERE id='dev'`, nil},
		{"deleted with its members", `DELETE FROM channels WHERE id='general'`, []string{"member gone general/gina:", "member gone general/gus:", "channel gone general"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql)
			f.expect(tc.want...)
		})
	}
}

func TestPoller_LinksAndConfigs(t *testing.T) {
	f := watch(t, project("a"), project("b"),
		`INSERT INTO config_sync_history(config_hash,config_snapshot) VALUES('h0','{}')`)
	sync := func(hash string) string {
		return `INSERT INTO config_sync_history(config_hash,config_snapshot) VALUES('` + hash + `','{}')`
	}
	for _, tc := range []struct {
		name string
		sql  []string
		want []string
	}{
		{"linked", []string{`INSERT OR REPLACE INTO project_links(project_a_id,project_b_id) VALUES('a','b')`}, []string{"link a b true"}},
		{"linked again", []string{`INSERT OR REPLACE INTO project_links(project_a_id,project_b_id,link_type) VALUES('a','b','a_to_b')`}, nil},
		{"disabled", []string{`UPDATE project_links SET enabled=0`}, []string{"link a b false"}},
		{"enabled", []string{`UPDATE project_links SET enabled=1`}, []string{"link a b true"}},
		{"unlinked", []string{`DELETE FROM project_links`}, []string{"link gone a b"}},
		{"the same config", []string{sync("h0")}, nil},
		{"other configs", []string{sync("h1"), sync("h1"), sync("h0"), sync("h2")}, []string{"config h1", "config h0", "config h2"}},
		{"project named", []string{`UPDATE projects SET name='x'`}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql...)
			f.expect(tc.want...)
		})
	}
}

// TestPoller_SomebodyGoneIsNotReplaced: who leaves and joins again between two
// runs of changes has left and joined.
func TestPoller_SomebodyGoneIsNotReplaced(t *testing.T) {
	f := watch(t, basics...)
	ws := f.workspace()
	f.exec(`DELETE FROM channel_members WHERE agent_name='gus'`)
	f.look()
	f.exec(member("general", "gus"))
	f.look()
	f.exec(`DELETE FROM agents WHERE name='gus'`)
	f.look()
	f.exec(agent("gus", "", "online"))
	f.look()
	events, _ := ws.Render(f.pending(), true)
	var got []string
	for _, e := range events {
		got = append(got, string(e.Type))
	}
	wantList(t, got, "channel.member.left", "channel.member.joined", "agent.registered")
}

// TestPoller_ChannelReachesItsFounders: a channel, its members and a message
// that appear in one look make the events that they would one by one.
func TestPoller_ChannelReachesItsFounders(t *testing.T) {
	for _, tc := range []struct {
		name string
		sql  []string
		want []string
	}{
		{
			"direct",
			[]string{channel("dm:gina:gus", "private"), member("dm:gina:gus", "gina"), member("dm:gina:gus", "gus"), message("dm:gina:gus", "hi")},
			[]string{"dm.channel.created [gina: gus:]", "message.new [gina: gus:]", "dm.received [gus:]"},
		},
		{
			"private",
			[]string{channel("secret", "private"), member("secret", "gina"), message("secret", "hi")},
			[]string{"channel.created [gina:]", "channel.member.joined [gina:]", "message.new [gina:]"},
		},
		{
			"private, without its founder",
			[]string{channel("secret", "private"), member("secret", "gus")},
			[]string{"channel.member.joined [gus:]", "channel.created [gus:]"},
		},
		{"direct, alone", []string{channel("dm:gina:gina", "private"), member("dm:gina:gina", "gina")}, []string{"dm.channel.created [gina:]"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := watch(t, basics...)
			ws := f.workspace()
			f.tx(tc.sql...)
			f.look()
			var got []string
			events, _ := ws.Render(f.pending(), true)
			for _, e := range events {
				got = append(got, string(e.Type)+" "+recipients(e))
			}
			wantList(t, got, tc.want...)
		})
	}
}

// TestPoller_ReadsWhatThereIs: of an unknown schema, messages and whichever
// other tables can be read.
func TestPoller_ReadsWhatThereIs(t *testing.T) {
	f := watchFile(t, hosttest.NewDatabaseOf(t, `
CREATE TABLE messages(id INTEGER PRIMARY KEY,channel_id,sender_id,sender_project_id,content,topic_name,thread_id,timestamp,is_edited,edited_at,confidence,metadata);
CREATE TABLE agents(name,project_id,description,status,current_project_id,dm_policy,discoverable,last_active,created_at);
CREATE TABLE channels(id,name);
CREATE TABLE channel_members(channel_id,agent_name);`))
	f.exec(`INSERT INTO channels VALUES('c','c')`, `INSERT INTO channel_members VALUES('c','a')`,
		`INSERT INTO agents(name,status) VALUES('a','busy')`,
		`INSERT INTO messages(channel_id,sender_id,content) VALUES('c','a','hi')`)
	f.expect("agent a: busy ", "message 1 c: hi")
	f.exec(`DELETE FROM messages`)
	f.expect("deleted 1 c a:: hi null")
	f.exec(`INSERT INTO messages(id,channel_id,sender_id,content) VALUES(7,'c','a','ho')`)
	f.expect("message 7 c: ho")
}

// workspace returns the workspace as of now.
func (f *fixture) workspace() *claudeslack.Workspace {
	f.t.Helper()
	ws := claudeslack.NewWorkspace(new(event.Roster))
	l, err := f.Look(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer l.Close()
	tables, err := claudeslack.ReadTables(f.t.Context(), l, l.Generation)
	if err != nil {
		f.t.Fatal(err)
	}
	ws.Seed(tables)
	return ws
}

func TestPoller_Calls(t *testing.T) {
	const alice = `{"agent_id": "alice"}`
	f := watch(t, project("p1"), hosttest.Session("s", "p1"), `INSERT INTO sessions(id,project_path) VALUES('path','/p')`, hosttest.Call("s", "get_messages", `{"agent_id": "early"}`))
	for _, tc := range []struct {
		name string
		sql  []string
		want []string
	}{
		{"nothing", nil, nil},
		{"reading", []string{hosttest.Call("s", "get_messages", alice)}, []string{"called p1  mcp__claude-slack__get_messages " + alice}},
		{"without a project", []string{hosttest.Call("path", "search_messages", alice)}, []string{"called  /p mcp__claude-slack__search_messages " + alice}},
		{"of other tools", []string{hosttest.Call("s", "send_channel_message", alice), hosttest.Call("s", "get_recent_notes", alice)}, nil},
		{"all forgotten", []string{`DELETE FROM tool_calls`}, nil},
		{"and the next", []string{hosttest.Call("s", "get_messages", alice)}, []string{"called p1  mcp__claude-slack__get_messages " + alice}},
		{"with the session", []string{hosttest.Call("s", "get_messages", alice), `DELETE FROM sessions`}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.exec(tc.sql...)
			f.expect(tc.want...)
		})
	}
}

// TestPoller_CallsBeforeMessages: what was said at about the time of a check
// may have come later, so it is not taken as seen; but who checks may be new.
func TestPoller_CallsBeforeMessages(t *testing.T) {
	f := watch(t, project("p1"), hosttest.Session("s", "p1"), channel("general", "open"))
	f.tx(`INSERT INTO messages(channel_id,sender_id,content) VALUES('general','alice','hi')`,
		hosttest.Call("s", "get_messages", `{"agent_id": "alice"}`), agent("alice", "p1", "online"))
	f.look()
	var got []string
	for _, c := range f.pending() {
		got = append(got, fmt.Sprintf("%T", c.Row))
	}
	wantList(t, got, "claudeslack.AgentPut", "claudeslack.ToolCalled", "claudeslack.MessageInserted")
}

func TestPoller_WithoutToolCalls(t *testing.T) {
	f := watch(t, project("p1"), `DROP TABLE tool_calls`)
	f.exec(agent("alice", "p1", "online"))
	f.expect("agent alice:p1 online public")
}
