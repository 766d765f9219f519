package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newDemoWorkspace returns the path of a furnished workspace.
func newDemoWorkspace(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "claude-slack.db")
	if err := createDemoDatabase(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := furnish(t.Context(), path, time.Now()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDirector_EveryRoundShowsEverything(t *testing.T) {
	path := newDemoWorkspace(t)
	h := &demoHost{path: path, now: time.Now}
	release, err := h.hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := newDirector(1)
	for d.round < 3 {
		if err := performAll(t.Context(), h, d.next()); err != nil {
			t.Fatalf("round %d: %v", d.round, err)
		}
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	for what, query := range map[string]string{
		"a direct message":            `SELECT count(*) FROM messages WHERE channel_id LIKE 'dm:%'`,
		"a note with tags":            `SELECT count(*) FROM messages WHERE channel_id LIKE 'notes:%' AND json_array_length(metadata, '$.tags') > 0`,
		"a deleted message":           `SELECT count(*) FROM messages WHERE metadata ->> '$.deleted' = 1`,
		"an edited message":           `SELECT count(*) FROM messages WHERE is_edited AND content NOT LIKE '[Message%'`,
		"a thread":                    `SELECT count(*) FROM messages WHERE thread_id IS NOT NULL`,
		"a priority":                  `SELECT count(*) FROM messages WHERE metadata ->> '$.priority' = 'high'`,
		"a very long message":         `SELECT count(*) FROM messages WHERE length(content) > 2000`,
		"an escape sequence":          `SELECT count(*) FROM messages WHERE instr(content, char(27))`,
		"CJK text":                    `SELECT count(*) FROM messages WHERE content GLOB '*[一-龥]*'`,
		"an archived channel":         `SELECT count(*) FROM channels WHERE is_archived`,
		"a private channel":           `SELECT count(*) FROM channels WHERE access_type = 'private' AND id LIKE 'proj\_%' ESCAPE '\'`,
		"a helper":                    `SELECT count(*) FROM agents WHERE name LIKE 'worker-%' AND status = 'offline'`,
		"two configurations":          `SELECT count(DISTINCT config_hash) > 1 FROM config_sync_history`,
		"a duplicate of a global one": `SELECT count(*) > 1 FROM agents WHERE project_id IS NULL`,
	} {
		var n int
		row := demoQuery(t, path).QueryRowContext(t.Context(), query)
		if err := row.Scan(&n); err != nil || n == 0 {
			t.Errorf("the demo does not show %s (%d, %v)", what, n, err)
		}
	}
}

// TestDirector_SomeCheckOften: two agents look for messages all the time, one
// seldom, one never.
func TestDirector_SomeCheckOften(t *testing.T) {
	path := newDemoWorkspace(t)
	clock := time.Now()
	h := &demoHost{path: path, now: func() time.Time { clock = clock.Add(time.Second); return clock }}
	release, err := h.hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	// The host forgets calls soon.
	for _, ddl := range []string{`CREATE TABLE seen(agent)`, `CREATE TRIGGER seeing AFTER INSERT ON tool_calls WHEN NEW.tool_name='mcp__claude-slack__get_messages'
		BEGIN INSERT INTO seen VALUES(NEW.tool_inputs ->> '$.agent_id'); END`} {
		if err := h.exec(t.Context(), ddl); err != nil {
			t.Fatal(err)
		}
	}
	d := newDirector(1)
	for d.round < 4 {
		if err := performAll(t.Context(), h, d.next()); err != nil {
			t.Fatalf("round %d: %v", d.round, err)
		}
	}
	count := func(name string) (n int) {
		if err := h.held.QueryRowContext(t.Context(), `SELECT count(*) FROM seen WHERE agent=?`, name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if alice, bob, carol, mei := count("alice"), count("bob"), count("carol"), count("mei"); alice == 0 || bob < 3*alice || carol < 3*alice || mei != 0 {
		t.Errorf("alice checked %d times, bob %d, carol %d, mei %d; want alice seldom, bob and carol often, mei never", alice, bob, carol, mei)
	}
}

func TestDirector_PicksWithoutRepeating(t *testing.T) {
	d := newDirector(1)
	seen := make(map[string]int)
	for range 2 * len(demoEmoji) {
		seen[d.pick(demoEmoji)]++
	}
	for text, n := range seen {
		if n != 2 {
			t.Errorf("%q was picked %d times in two passes, want 2", text, n)
		}
	}
}

func TestFurnish_LeavesAWorkspaceThatIsThere(t *testing.T) {
	path := newDemoWorkspace(t)
	db := demoQuery(t, path)
	count := func() (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM messages`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := count()
	if err := furnish(t.Context(), path, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != want {
		t.Errorf("furnishing again left %d messages, want the %d that were there", got, want)
	}
}

func TestFurnish_LiesInThePast(t *testing.T) {
	path := newDemoWorkspace(t)
	db := demoQuery(t, path)
	for _, query := range []string{
		`SELECT max(timestamp) FROM messages`, `SELECT max(created_at) FROM channels`,
		`SELECT max(created_at) FROM agents`, `SELECT max(joined_at) FROM channel_members`,
	} {
		var at float64
		if err := db.QueryRowContext(t.Context(), query).Scan(&at); err != nil {
			t.Fatal(err)
		}
		if age := time.Since(time.UnixMicro(int64(at * 1e6))); age < 0 || age > demoHistory+time.Minute {
			t.Errorf("%s: %s ago, want within the hour before the demo", query, age)
		}
	}
}

func TestDemoHostile_IsWrittenAsItIs(t *testing.T) {
	path := newDemoWorkspace(t)
	h := &demoHost{path: path, now: time.Now}
	for _, want := range demoHostile {
		id, err := h.send(t.Context(), demoMessage{from: dave, channel: apiChannel, content: want})
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := demoQuery(t, path).QueryRowContext(t.Context(), `SELECT content FROM messages WHERE id = ?`, id).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("stored %q, want %q", got, want)
		}
	}
	if all := strings.Join(demoHostile, ""); !strings.Contains(all, "\x00") || !strings.Contains(all, "\r\n\r\ndata:") {
		t.Error("the demo has no NUL or no forged frame among its hostile texts")
	}
}

func TestPlayAgents_EndsWithItsContext(t *testing.T) {
	path := newDemoWorkspace(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- playAgents(ctx, agentsOptions{db: path, rate: 1000, seed: 1}) }()
	before := demoMessages(t, path)
	for demoMessages(t, path) < before+5 {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("playAgents returned %v after its context ended, want nil", err)
	}
}

func TestPlayAgents_RefusesAMissingDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	if err := playAgents(t.Context(), agentsOptions{db: path, rate: 1, seed: 1}); err == nil {
		t.Error("playAgents on a database that does not exist: no error")
	}
	if matches, _ := filepath.Glob(path + "*"); len(matches) > 0 {
		t.Errorf("playAgents made %v", matches)
	}
}

func demoMessages(t *testing.T, path string) (n int) {
	t.Helper()
	if err := demoQuery(t, path).QueryRowContext(t.Context(), `SELECT count(*) FROM messages`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func demoQuery(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", demoDSN(path, "ro"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
