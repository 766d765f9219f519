package trigger_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/claudeslack/schema"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// version1 are the statements by which version 1 installed itself.
func version1(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat([]string{"BEGIN IMMEDIATE"}, strings.Split(strings.TrimSpace(string(b)), "\n"), []string{"COMMIT"})
}

// newVersion1 is a database of the world with version 1 installed, and a
// writer process.
func newVersion1(t *testing.T) *captured {
	t.Helper()
	c := &captured{t: t, db: hosttest.NewDatabase(t)}
	c.w = hosttest.StartWriter(t, c.db)
	c.w.Exec(slices.Concat(world, []string{hosttest.Session("s", "p")}, version1(t))...)
	log := trigger.New(trigger.Options{Host: capture.NewHost(c.db), ReadOnly: true})
	defer log.Close()
	look, err := log.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	if c.tables, err = claudeslack.ReadTables(t.Context(), look, look.Generation); err != nil {
		t.Fatal(err)
	}
	c.at = look.At
	c.seed()
	return c
}

func status(t *testing.T, db string) trigger.Status {
	t.Helper()
	h, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	defer c.Close()
	s, err := trigger.ReadStatus(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var aliceChecks = hosttest.Call("s", "get_messages", `{"agent_id": "alice"}`)

// TestVersion1_IsReadAsItIs: who only looks changes nothing, and needs no
// newer version to see what the older one logs.
func TestVersion1_IsReadAsItIs(t *testing.T) {
	c := newVersion1(t)
	before := allOfSchema(t, c.db)
	if s := status(t, c.db); !s.Installed || !s.Outdated() || s.Newer() || s.Version != 1 {
		t.Errorf("got status %+v, want version 1 installed and outdated", s)
	}
	c.want("old", c.do(hosttest.Step{SQL: []string{say, aliceChecks, say}}), "message.new 1", "message.new 2")
	if got := allOfSchema(t, c.db); !slices.Equal(got[:len(before)-1], before[:len(before)-1]) {
		t.Errorf("got schema %q, want %q", got, before)
	}
}

// TestInstall_UpgradesVersion1 while another process writes as fast as it can
// and a reader follows: every change is read once, before and behind the
// upgrade, and then calls are logged too.
func TestInstall_UpgradesVersion1(t *testing.T) {
	c := newVersion1(t)
	epoch := c.at.Log
	c.w.Exec(say, say) // logged by the old triggers, and read by nobody yet
	w := hosttest.StartWriter(t, c.db)
	w.Start(hosttest.Step{SQL: []string{say}, Until: `SELECT v>1 FROM cslack_meta WHERE k='version'`})
	log := trigger.New(trigger.Options{Host: capture.NewHost(c.db), ReadOnly: true})
	defer log.Close()
	var got []int64
	read := func(n int) {
		for len(got) < n {
			run, err := log.Next(t.Context(), c.at, 100)
			if err != nil {
				t.Fatalf("behind change %d: %v", c.at.ID, err)
			}
			for _, ch := range run.Changes {
				got = append(got, ch.Row.(claudeslack.MessageInserted).ID)
				c.at.ID, c.at.Fence = ch.ID, ch.Fence
			}
		}
	}
	read(200)
	if look, err := trigger.Install(t.Context(), c.db); look != nil || err != nil {
		t.Fatalf("upgrade: got look %v and %v, want none", look, err)
	}
	last := int(w.Wait().LastID)
	read(last)
	for i, id := range got {
		if id != int64(i)+1 {
			t.Fatalf("got message %d in place %d", id, i+1)
		}
	}
	if s := status(t, c.db); !s.Installed || s.Outdated() || s.Epoch != epoch {
		t.Errorf("got status %+v, want the newest version with epoch %s", s, epoch)
	}
	c.want("upgraded", c.do(hosttest.Step{SQL: []string{aliceChecks, say}}), "agent.checked alice:p", fmt.Sprint("message.new ", last+1))
	fresh := hosttest.NewDatabase(t)
	install(t, fresh).Close()
	if got, want := ourSchema(t, c.db), ourSchema(t, fresh); !slices.Equal(got, want) {
		t.Errorf("got %q, want what a new installation has: %q", got, want)
	}
}

// TestInstall_KeepsWhatVersion1Logged: changes that wait in the change log
// come out of it as they would have before.
func TestInstall_KeepsWhatVersion1Logged(t *testing.T) {
	write := []string{
		say, `UPDATE messages SET content='x',is_edited=TRUE WHERE id=1`, `INSERT INTO agents(name,project_id) VALUES('new','p')`,
		`DELETE FROM channel_members WHERE agent_name='bob'`, `INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('alice','p','busy')`,
	}
	render := func(upgrade bool) []string {
		c := newVersion1(t)
		c.w.Exec(write...)
		if upgrade {
			if look, err := trigger.Install(t.Context(), c.db); look != nil || err != nil {
				t.Fatalf("upgrade: got look %v and %v, want none", look, err)
			}
		}
		return c.events()
	}
	if got, want := render(true), render(false); !slices.Equal(got, want) || len(want) != len(write) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestUninstall_Version1LeavesNoTrace, upgraded or not.
func TestUninstall_Version1LeavesNoTrace(t *testing.T) {
	for _, upgrade := range []bool{false, true} {
		db := hosttest.NewDatabase(t)
		w := hosttest.StartWriter(t, db)
		w.Exec(world...)
		before := allOfSchema(t, db)
		w.Exec(version1(t)...)
		if upgrade {
			if _, err := trigger.Install(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		if there, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, false); err != nil || !there {
			t.Fatalf("uninstall: got %v and %v, want true", there, err)
		}
		if got := allOfSchema(t, db); !slices.Equal(got, before) {
			t.Errorf("upgraded %v: got schema %q, want %q", upgrade, got, before)
		}
	}
}

// TestInstall_RefusesNewerVersions in one line, and leaves them alone.
func TestInstall_RefusesNewerVersions(t *testing.T) {
	c := newCaptured(t)
	c.w.Exec(`UPDATE cslack_meta SET v=99 WHERE k='version'`)
	before := allOfSchema(t, c.db)
	look, err := trigger.Install(t.Context(), c.db)
	if look != nil || err == nil || !strings.Contains(err.Error(), "holds version 99 of our triggers") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got look %v and %v, want version 99 refused", look, err)
	}
	if s := status(t, c.db); s.Installed || !s.Newer() {
		t.Errorf("got status %+v, want a newer version that is not ours to read", s)
	}
	if got := allOfSchema(t, c.db); !slices.Equal(got, before) {
		t.Errorf("got schema %q, want %q", got, before)
	}
}

// TestInstall_WithoutToolCalls: where the host's tables for calls are missing
// or others, all the rest is captured.
func TestInstall_WithoutToolCalls(t *testing.T) {
	for _, missing := range []string{
		`DROP TABLE tool_calls`,
		`ALTER TABLE tool_calls RENAME COLUMN tool_inputs TO inputs`,
		`ALTER TABLE sessions RENAME COLUMN project_path TO path`,
	} {
		db := hosttest.NewDatabase(t)
		w := hosttest.StartWriter(t, db)
		w.Exec(append(slices.Clone(world), missing)...)
		before := allOfSchema(t, db)
		look := install(t, db)
		c := &captured{t: t, db: db, w: w, at: look.At, ws: claudeslack.NewWorkspace(new(event.Roster))}
		tables, err := claudeslack.ReadTables(t.Context(), look, look.Generation)
		look.Close()
		if err != nil {
			t.Fatal(err)
		}
		c.ws.Seed(tables)
		if s := status(t, db); !s.Installed || s.Outdated() || !look.Generation.Known {
			t.Errorf("%s: got status %+v, want capture installed", missing, s)
		}
		c.want(missing, c.do(hosttest.Step{SQL: []string{say}}), "message.new 1")
		if again, err := trigger.Install(t.Context(), db); again != nil || err != nil {
			t.Errorf("%s: install again: got %v and %v, want nothing to do", missing, again, err)
		}
		if _, err := trigger.Uninstall(t.Context(), db, c.at, false); err != nil {
			t.Fatal(err)
		}
		if got := allOfSchema(t, db); !slices.Equal(got[:len(before)-1], before[:len(before)-1]) {
			t.Errorf("%s: got schema %q, want %q", missing, got, before)
		}
	}
}

// TestTriggers_Calls: of all that the host records of its tools, only calls
// that show messages are logged, and never a long one.
func TestTriggers_Calls(t *testing.T) {
	for name, ddl := range map[string]string{"v4.1": schema.V41, "v3.0": schema.V30} {
		t.Run(name, func(t *testing.T) {
			c := &captured{t: t, db: hosttest.NewDatabaseOf(t, ddl)}
			c.w = hosttest.StartWriter(t, c.db)
			c.w.Exec(append(slices.Clone(world), `INSERT INTO sessions(id,project_id,project_path) VALUES('s','p','/p'),('none',NULL,NULL)`)...)
			look := install(t, c.db)
			c.at = look.At
			var err error
			if c.tables, err = claudeslack.ReadTables(t.Context(), look, look.Generation); err != nil {
				t.Fatal(err)
			}
			look.Close()
			c.seed()
			got := c.do(hosttest.Step{SQL: []string{
				aliceChecks,
				hosttest.Call("s", "search_messages", `{"agent_id": "gina", "query": "x"}`),
				hosttest.Call("none", "get_messages", `{"agent_id": "gina"}`),
				`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,tool_inputs,called_at) VALUES('s','mcp__claude-slack__get_messages','h','{"agent_id": "bob"}',1795433893.00691)`,
			}})
			c.want("reading", got, "agent.checked alice:p", "agent.checked gina:", "agent.checked gina:", "agent.checked bob:p")
			c.w.Exec(
				hosttest.Call("s", "send_channel_message", `{"agent_id": "alice", "content": "x"}`),
				hosttest.Call("s", "get_recent_notes", `{"agent_id": "alice"}`),
				hosttest.Call("s", "x", `{"agent_id": "alice"}`),
				hosttest.Call("s", "get_messages", `{"agent_id": "alice", "since": "`+strings.Repeat("x", 4096)+`"}`),
				`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash) VALUES('s','mcp__claude-slack__get_messages','h')`,
				"BEGIN IMMEDIATE", aliceChecks, "ROLLBACK",
			)
			if run := c.changes(); len(run.Changes) != 0 {
				t.Errorf("got changes %+v, want none logged", run.Changes)
			}
			got = c.do(hosttest.Step{SQL: []string{
				hosttest.Call("s", "get_messages", `{"agent_id": `), hosttest.Call("s", "get_messages", `["alice"]`), hosttest.Call("s", "get_messages", ``),
				`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,tool_inputs) VALUES('s','mcp__claude-slack__get_messages','h',x'00ff'),('s','_messages','h',17)`,
				say,
			}})
			c.want("malformed", got, "message.new 1")
		})
	}
}
