package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver

	"cslack-stream/internal/engine/claudeslack/schema"
)

// message is something that an agent says, so long before the scene begins.
type message struct {
	ago           time.Duration
	from, channel string
	text          string
	metadata      string
}

const (
	general = "global:general"
	dev     = "proj_webapp:dev"
	alarm   = "global:incidents"
	bobDM   = "dm:alice:webapp:bob:webapp"
	notes   = "notes:alice:webapp"
)

// history is what was said before somebody looked.
var history = []message{
	{52 * time.Minute, "carol", general, "Good morning. Today: search, the slow checkout, and release 4.2 if both are in.", ""},
	{47 * time.Minute, "bob", dev, "I take the slow checkout. It spends 900 ms in one query.", ""},
	{41 * time.Minute, "alice", dev, "@bob add a test that fails without the index, please.", ""},
	{39 * time.Minute, "bob", dev, "It fails without the index, and passes with it: 900 ms down to 11.", ""},
	{36 * time.Minute, "mei", general, "翻訳を更新しました。日本語と中国語は完了です 🎉", ""},
	{31 * time.Minute, "alice", notes, "decision: keep WAL, busy_timeout 5 s", `{"type": "note", "tags": ["sqlite"]}`},
	{24 * time.Minute, "bob", bobDM, "Do you have ten minutes for the retry loop in worker.py?", ""},
	{23 * time.Minute, "alice", bobDM, "After lunch. Send me the branch.", ""},
	{15 * time.Minute, "ops", alarm, "checkout: 5 % of requests fail since 14:16", `{"priority": "high"}`},
	{14 * time.Minute, "bob", alarm, "Rolling back 4.1.9. It holds a lock over the call to the bank.", ""},
	{11 * time.Minute, "ops", alarm, "🟢 Error rate is back to normal.", ""},
	{9 * time.Minute, "alice", alarm, "Thank you both. Who writes the report?", ""},
	{8 * time.Minute, "bob", alarm, "I do, after the retry loop.", ""},
	{6 * time.Minute, "mei", general, "Search finds umlauts again: ä, ö and ü.", ""},
	{4 * time.Minute, "carol", dev, "Reviewed the index. Two lines, one test, ship it.", ""},
}

// live is what is said while somebody looks.
var live = []message{
	{0, "bob", bobDM, "The branch is retry-loop. It gives up after the third timeout instead of never.\n\n" +
		"Please look at src/worker.py:45-80: I am not sure about the jitter.", `{"priority": "high", "refs": ["src/worker.py:45-80"]}`},
	{0, "alice", dev, "Reading it now. @carol the release waits for this one.", ""},
	{0, "carol", dev, "Then 4.2 is out at three.", ""},
}

// check is an agent that reads its messages, so long before the scene begins.
type check struct {
	agent string
	ago   time.Duration
}

// checks are some of the last ten minutes: of others nothing is recorded.
var checks = []check{{"ops", 9 * time.Minute}, {"bob", 7 * time.Minute}, {"alice", 5 * time.Minute}, {"carol", 4 * time.Minute}}

var agents = []struct {
	name, project, about string
	active               time.Duration
}{
	{"alice", "webapp", "Leads the web application", 9 * time.Second},
	{"bob", "webapp", "Writes code and tests", 12 * time.Second},
	{"carol", "webapp", "Reviews everything", time.Minute},
	{"mei", "api", "Localisation and data", 36 * time.Minute},
	{"ops", "", "Deploys, watches, wakes people up", 11 * time.Minute},
}

var channels = []struct {
	id, name, kind, scope, project string
	members                        []string
}{
	{general, "general", "channel", "global", "", []string{"alice", "bob", "carol", "mei", "ops"}},
	{alarm, "incidents", "channel", "global", "", []string{"alice", "bob", "ops"}},
	{dev, "dev", "channel", "project", "webapp", []string{"alice", "bob", "carol"}},
	{bobDM, bobDM, "direct", "project", "", []string{"alice", "bob"}},
	{notes, "notes", "channel", "project", "webapp", []string{"alice"}},
}

// workspace is the database that the pictures are of.
type workspace struct {
	db  *sql.DB
	now time.Time // when the scene begins
}

// newWorkspace makes it at path, as it is at now.
func newWorkspace(ctx context.Context, path string, now time.Time) (*workspace, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rwc&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
	if err != nil {
		return nil, fmt.Errorf("make workspace: %w", err)
	}
	w := &workspace{db: db, now: now}
	if err := w.furnish(ctx); err != nil {
		return nil, fmt.Errorf("make workspace: %w", errors.Join(err, db.Close()))
	}
	return w, nil
}

func (w *workspace) furnish(ctx context.Context) (err error) {
	exec := func(query string, args ...any) {
		if err == nil {
			_, err = w.db.ExecContext(ctx, query, args...)
		}
	}
	begin := w.at(time.Hour)
	exec(schema.V41)
	for _, p := range []string{"webapp", "api"} {
		exec(`INSERT INTO projects (id, path, name, created_at) VALUES (?, ?, ?, ?)`, p, "/home/dev/"+p, p, begin)
	}
	for _, a := range agents {
		exec(`INSERT INTO agents (name, project_id, description, status, last_active, created_at) VALUES (?, ?, ?, 'online', ?, ?)`,
			a.name, null(a.project), a.about, w.at(a.active), begin)
	}
	for _, c := range channels {
		access := "open"
		if c.kind == "direct" || c.id == notes {
			access = "private"
		}
		exec(`INSERT INTO channels (id, channel_type, access_type, scope, name, project_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			c.id, c.kind, access, c.scope, c.name, null(c.project), begin)
		for _, m := range c.members {
			exec(`INSERT INTO channel_members (channel_id, agent_name, agent_project_id, joined_at) VALUES (?, ?, ?, ?)`,
				c.id, m, null(projectOf(m)), begin)
		}
	}
	if err != nil {
		return err
	}
	return w.say(ctx, history)
}

// say writes messages.
func (w *workspace) say(ctx context.Context, messages []message) error {
	for _, m := range messages {
		at := w.at(m.ago)
		if m.ago == 0 {
			at = seconds(time.Now())
		}
		if _, err := w.db.ExecContext(ctx, `INSERT INTO messages (channel_id, sender_id, sender_project_id, content, timestamp, metadata) VALUES (?, ?, ?, ?, ?, ?)`,
			m.channel, m.from, null(projectOf(m.from)), m.text, at, null(m.metadata)); err != nil {
			return fmt.Errorf("say: %w", err)
		}
	}
	return nil
}

// check records the calls by which agents read their messages.
func (w *workspace) check(ctx context.Context, checks []check) error {
	for _, c := range checks {
		if _, err := w.db.ExecContext(ctx, `INSERT INTO sessions (id, project_id, scope) VALUES (?, ?, 'project')`, c.agent, null(projectOf(c.agent))); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
		if _, err := w.db.ExecContext(ctx, `INSERT INTO tool_calls (session_id, tool_name, tool_inputs_hash, tool_inputs, called_at) VALUES (?, 'mcp__claude-slack__get_messages', ?, json_object('agent_id', ?), ?)`,
			c.agent, c.agent, c.agent, w.at(c.ago)); err != nil {
			return fmt.Errorf("record check: %w", err)
		}
	}
	return nil
}

func (w *workspace) at(ago time.Duration) float64 { return seconds(w.now.Add(-ago)) }

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func projectOf(agent string) string {
	for _, a := range agents {
		if a.name == agent {
			return a.project
		}
	}
	return ""
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
