package claudeslack_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

const (
	getMessages = "mcp__claude-slack__get_messages"
	// webappPath makes webappID, as the host makes ids of projects.
	webappPath = "/home/dev/webapp"
	webappID   = "fd20db9cf4309815aebd3729173edf8a"
)

// seeded is a workspace of these agents, where project a is linked with b and
// c, and nothing else is.
func seeded(agents ...event.Agent) *claudeslack.Workspace {
	var t claudeslack.Tables
	for _, a := range agents {
		s := event.AgentStatus{Name: a.Name}
		if a.Project != "" {
			s.ProjectID = &a.Project
		}
		t.Agents = append(t.Agents, s)
	}
	t.Links = []event.Link{{ProjectA: "a", ProjectB: "b", Enabled: true}, {ProjectA: "a", ProjectB: "c", Enabled: true}, {ProjectA: "a", ProjectB: "d"}}
	ws := claudeslack.NewWorkspace(new(event.Roster))
	ws.Seed(t)
	return ws
}

// TestWorkspace_ToolCalled: who is seen checking by a call is who the host
// takes its inputs to mean, and nobody if that can not be told.
func TestWorkspace_ToolCalled(t *testing.T) {
	agent := func(name, project string) event.Agent { return event.Agent{Name: name, Project: project} }
	ws := seeded(
		agent("alice", "a"), agent("alice", ""), agent("alice", "b"), agent("bob", "b"), agent("carol", "b"), agent("carol", "c"),
		agent("dora", "d"), agent("gina", ""), agent("wes", webappID), agent("x:y z\x1b", "a"),
	)
	tests := []struct {
		name, project, tool, inputs string
		want                        string
	}{
		{"of the session's project", "a", getMessages, `{"agent_id":"alice","limit":5}`, "alice:a"},
		{"of another project", "b", getMessages, `{"agent_id":"alice"}`, "alice:b"},
		{"of a project without the agent: the global one", "c", getMessages, `{"agent_id":"alice"}`, "alice:"},
		{"of no project", "", getMessages, `{"agent_id":"alice"}`, "alice:"},
		{"of no project, and no global agent", "", getMessages, `{"agent_id":"bob"}`, ""},
		{"of a linked project", "a", getMessages, `{"agent_id":"bob"}`, "bob:b"},
		{"linked the other way", "b", getMessages, `{"agent_id":"alice@a"}`, "alice:a"},
		{"of one of two linked projects", "a", getMessages, `{"agent_id":"carol"}`, ""},
		{"of a project that is linked no more", "a", getMessages, `{"agent_id":"dora"}`, ""},
		{"named with the project", "a", getMessages, `{"agent_id":"carol@c"}`, "carol:c"},
		{"named with an unknown project", "a", getMessages, `{"agent_id":"alice@nowhere"}`, ""},
		{"named with no project", "a", getMessages, `{"agent_id":"alice@"}`, "alice:a"},
		{"unknown", "a", getMessages, `{"agent_id":"nobody"}`, ""},
		{"empty", "a", getMessages, `{"agent_id":""}`, ""},
		{"hostile name", "a", getMessages, `{"agent_id":"x:y z\u001b"}`, "x:y z\x1b:a"},
		{"search", "a", "mcp__claude-slack__search_messages", `{"agent_id":"gina","query":"secret"}`, "gina:"},
		{"another name of the server", "a", "mcp__claude_slack__get_messages", `{"agent_id":"gina"}`, "gina:"},
		{"no server", "a", "get_messages", `{"agent_id":"gina"}`, "gina:"},
		{"another tool", "a", "mcp__claude-slack__get_recent_notes", `{"agent_id":"alice"}`, ""},
		{"a tool of almost that name", "a", "mcp__claude-slack__forget_messages", `{"agent_id":"alice"}`, ""},
		{"as recorded", "a", "mcp__claude-slack__x", `{"a": 1}`, ""},
		{"no agent", "a", getMessages, `{}`, ""},
		{"a number", "a", getMessages, `{"agent_id":7}`, ""},
		{"null", "a", getMessages, `{"agent_id":null}`, ""},
		{"another case", "a", getMessages, `{"Agent_ID":"alice"}`, ""},
		{"two", "a", getMessages, `{"agent_id":"alice","Agent_ID":"bob"}`, "alice:a"},
		{"a list", "a", getMessages, `["alice"]`, ""},
		{"nothing", "a", getMessages, ``, ""},
		{"cut", "a", getMessages, `{"agent_id":"alice"`, ""},
		{"not UTF-8", "a", getMessages, "{\"agent_id\":\"alice\xff\"}", ""},
	}
	for _, tt := range tests {
		call := claudeslack.Call{ProjectID: tt.project, ProjectPath: "/elsewhere", Tool: tt.tool, Inputs: tt.inputs, CalledAt: json.RawMessage("1")}
		if tt.project == "" {
			call.ProjectPath = ""
		}
		events, _ := ws.Render([]claudeslack.Change{{ID: 1, Row: claudeslack.ToolCalled{Call: call}}}, true)
		got := ""
		for _, e := range events {
			got += e.EntityID
			if to := e.Audience.Agents(); e.Type != event.AgentChecked || e.EntityType != "agent" || len(to) != 1 || to[0] != e.Agent || e.Agent.String() != e.EntityID || e.Project != e.Agent.Project {
				t.Errorf("%s: got %+v for %v, want it for that agent alone", tt.name, e, to)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestWorkspace_ToolCalledInASessionThatLostItsProject: the host forgets a
// session's project when the project is registered again, and makes it from
// the path.
func TestWorkspace_ToolCalledInASessionThatLostItsProject(t *testing.T) {
	ws := seeded(event.Agent{Name: "wes", Project: webappID}, event.Agent{Name: "wes"})
	call := claudeslack.Call{ProjectPath: webappPath, Tool: getMessages, Inputs: `{"agent_id":"wes"}`, CalledAt: json.RawMessage("1")}
	events, _ := ws.Render([]claudeslack.Change{{ID: 1, Row: claudeslack.ToolCalled{Call: call}}}, true)
	if len(events) != 1 || events[0].Agent.Project != webappID {
		t.Errorf("got %+v, want wes of project %s", events, webappID)
	}
}

// TestWorkspace_CheckedHoldsNoInputs: nothing of what an agent wrote is in the
// event but its name and the channels that it asked for.
func TestWorkspace_CheckedHoldsNoInputs(t *testing.T) {
	ws := seeded(event.Agent{Name: "alice", Project: "a"})
	call := claudeslack.Call{
		ProjectID: "a", Tool: "mcp__claude-slack__search_messages", CalledAt: json.RawMessage(`"2026-01-02 15:04:05"`),
		Inputs: `{"agent_id":"alice","query":"secret","since":"secret","channel_id":"dev","channels":["general","x"],"secret":1}`,
	}
	events, _ := ws.Render([]claudeslack.Change{{ID: 1, Row: claudeslack.ToolCalled{Call: call}}}, true)
	if len(events) != 1 {
		t.Fatalf("got %d events, want 1", len(events))
	}
	const want = `{"name":"alice","project_id":"a","tool":"search_messages","channels":["dev","general","x"],"called_at":"2026-01-02 15:04:05"}`
	if diff := cmp.Diff(want, string(events[0].Payload)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWorkspace_RemembersChecks: across a status, a registration that says
// nothing new, and a restart; but not beyond the agent itself.
func TestWorkspace_RemembersChecks(t *testing.T) {
	alice := event.Agent{Name: "alice", Project: "a"}
	at := time.Date(2026, 1, 2, 15, 4, 5, 678e6, time.UTC)
	status := event.AgentStatus{Name: "alice", ProjectID: &alice.Project, Status: new("busy")}
	changes := []claudeslack.Change{
		{ID: 1, At: at.Add(-time.Hour), Row: claudeslack.ToolCalled{Call: claudeslack.Call{ProjectID: "a", Tool: getMessages, Inputs: `{"agent_id":"alice"}`}}},
		{ID: 2, At: at, Row: claudeslack.ToolCalled{Call: claudeslack.Call{ProjectID: "a", Tool: getMessages, Inputs: `{"agent_id":"alice"}`}}},
		{ID: 3, At: at.Add(time.Minute), Row: claudeslack.AgentPut{AgentStatus: status}},
	}
	for cut := range changes {
		ws := seeded(alice, event.Agent{Name: "bob", Project: "a"})
		stored := slices.Clone(ws.AllEntries())
		for _, run := range [][]claudeslack.Change{changes[:cut], changes[cut:]} {
			if len(run) > 0 {
				ws.Render(run, true)
			}
			stored = append(stored, ws.TakeEntries()...)
		}
		restarted := claudeslack.NewWorkspace(new(event.Roster))
		for _, e := range stored {
			if err := restarted.Restore(e); err != nil {
				t.Fatal(err)
			}
		}
		want := map[event.Agent]time.Time{alice: at}
		if diff := cmp.Diff(want, restarted.Checked()); diff != "" {
			t.Errorf("cut at %d (-want +got):\n%s", cut, diff)
		}
		ws.Render([]claudeslack.Change{{ID: 4, Row: claudeslack.AgentGone{Agent: alice}}, {ID: 6, Row: claudeslack.AgentPut{AgentStatus: status}}}, true)
		if got := ws.Checked(); len(got) != 0 {
			t.Errorf("got %v, want nothing of an agent that is registered anew", got)
		}
	}
}

// TestBackfill_Checks: what the host remembers of the last ten minutes is
// backfilled at its time, and known to the state.
func TestBackfill_Checks(t *testing.T) {
	got := backfilled(t,
		`INSERT INTO agents(name,project_id,created_at) VALUES('alice','p',strftime('%s','now')-500),('bob','p',strftime('%s','now')-500)`,
		`INSERT INTO sessions(id,project_id) VALUES('s','p')`,
		`INSERT INTO messages(channel_id,sender_id,content,timestamp) VALUES('c','a','m',strftime('%s','now')-400),('c','a','m',strftime('%s','now')-200)`,
		`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,tool_inputs,called_at) VALUES('s','`+getMessages+`','h','{"agent_id":"alice"}',strftime('%s','now')-300)`,
		`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,tool_inputs,called_at) VALUES('s','mcp__claude-slack__x','h','{"agent_id":"bob"}',strftime('%s','now')-300)`,
	)
	if want := []string{"alice:p", "bob:p", "1", "alice:p", "2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
