//go:build unix

package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/claudeslack/schema"
)

// refused checks that the program ended with this exit code, nothing on
// standard output, and one line on standard error that says all that is
// wanted.
func refused(t *testing.T, c *child, code int, wanted ...string) {
	t.Helper()
	if got := c.exitCode(); got != code {
		t.Errorf("%v: got exit code %v, want %v", c.cmd.Args[1:], got, code)
	}
	lines := c.err.lines()
	if len(lines) != 1 || c.out.String() != "" {
		t.Errorf("%v: got %q on stdout and %q on stderr, want one line on stderr", c.cmd.Args[1:], c.out, lines)
	}
	for _, w := range wanted {
		if !strings.Contains(c.err.String(), w) {
			t.Errorf("%v: got %q, want it to say %q", c.cmd.Args[1:], c.err, w)
		}
	}
}

// TestServe_RefusesBadAddresses names every address that can not be served.
func TestServe_RefusesBadAddresses(t *testing.T) {
	t.Parallel()
	sc, _ := newWorldScene(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const loopback = "only loopback addresses can be served"
	for _, tt := range []struct {
		address string
		code    int
		wanted  []string
	}{
		{taken.Addr().String(), exitFailed, []string{"port is in use", "--listen 127.0.0.1:0"}},
		{"0.0.0.0:0", exitUsage, []string{loopback, "use 127.0.0.1"}},
		{":0", exitUsage, []string{loopback}},
		{"[::]:0", exitUsage, []string{loopback}},
		{"192.0.2.1:80", exitUsage, []string{loopback}},
		{"example.com:80", exitUsage, []string{loopback}},
		{"nonsense", exitUsage, []string{"want HOST:PORT", "127.0.0.1:8787"}},
		{"127.0.0.1", exitUsage, []string{"want HOST:PORT"}},
		{"", exitUsage, []string{"want HOST:PORT"}},
	} {
		refused(t, sc.run("serve", "--db", sc.db, "--listen", tt.address), tt.code, append(tt.wanted, "--listen")...)
	}
	if got := sc.query(`SELECT name FROM sqlite_master WHERE name LIKE 'cslack%'`); len(got) != 0 {
		t.Errorf("got %q in the database, want nothing to be added", got)
	}
	if _, err := os.Stat(eventFile(sc.db)); err == nil {
		t.Error("got an event file, want none")
	}
}

// TestServe_RefusesBadPort: a port that can not be is a mistake of whoever
// typed it.
func TestServe_RefusesBadPort(t *testing.T) {
	t.Parallel()
	sc, _ := newWorldScene(t)
	for _, address := range []string{"127.0.0.1:99999", "127.0.0.1:http?", "127.0.0.1:-1"} {
		refused(t, sc.run("serve", "--db", sc.db, "--listen", address), exitUsage, "--listen", "127.0.0.1:8787")
	}
}

// badDatabases are files that are no database of a Claude-Slack that we know.
func badDatabases(t *testing.T) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const update = "npx claude-slack"
	return map[string][]string{
		write("text.db", strings.Repeat("this is no database\n", 100)): {"not a SQLite database", "--db PATH"},
		write("short.db", "no"):                        {"not a SQLite database", "--db PATH"},
		write("empty.db", ""):                          {"is empty", "remove the empty file"},
		hosttest.NewDatabaseOf(t, `CREATE TABLE t(x)`): {"not Claude-Slack's", "--db PATH"},
		hosttest.NewDatabaseOf(t, `CREATE TABLE channels(id TEXT PRIMARY KEY,name TEXT);CREATE TABLE agents(name TEXT PRIMARY KEY,description TEXT);
CREATE TABLE subscriptions(agent_name TEXT,channel_id TEXT);
CREATE TABLE messages(id INTEGER PRIMARY KEY,channel_id TEXT,sender_id TEXT,recipient_id TEXT,content TEXT,timestamp TIMESTAMP,thread_id TEXT,metadata JSON)`): {"v1", update},
		hosttest.NewDatabaseOf(t, `CREATE TABLE channels(id TEXT PRIMARY KEY,project_id TEXT,scope TEXT,name TEXT);CREATE TABLE agents(name TEXT,project_id TEXT);
CREATE TABLE subscriptions(agent_name TEXT,agent_project_id TEXT,channel_id TEXT);
CREATE TABLE messages(id INTEGER PRIMARY KEY,channel_id TEXT,sender_id TEXT,content TEXT,timestamp TIMESTAMP,thread_id TEXT,metadata JSON)`): {"v2", update},
	}
}

// TestCommands_RefuseOtherFiles: whatever is given a file that is not a
// database of Claude-Slack, or an old one, says so in one line, and leaves the
// file and the directory as they are.
func TestCommands_RefuseOtherFiles(t *testing.T) {
	t.Parallel()
	for path, wanted := range badDatabases(t) {
		sc := newScene(t, path)
		before, names := sc.sums(), dirNames(t, filepath.Dir(path))
		for _, command := range [][]string{
			{"serve", "--listen", "127.0.0.1:0"},
			{"serve", "--listen", "127.0.0.1:0", "--no-install"},
			{"tail", "--direct", "--no-follow"},
			{"agents"},
			{"channels"},
			{"capture", "install"},
			{"capture", "status"},
			{"capture", "uninstall"},
		} {
			if command[0] == "serve" && filepath.Base(path) == "empty.db" {
				continue // it waits: TestServe_WaitsForItsDatabase
			}
			refused(t, sc.run(append(command, "--db", path)...), exitFailed, append(wanted, path)...)
		}
		doctor := sc.run("doctor", "--db", path)
		if code := doctor.exitCode(); code != exitFailed || !strings.Contains(doctor.out.String(), "BAD") || !strings.Contains(doctor.out.String(), wanted[0]) {
			t.Errorf("doctor: got exit code %v and %s, want %v and a line marked BAD that says %q", code, doctor.out, exitFailed, wanted[0])
		}
		if got := sc.sums(); got != before {
			t.Errorf("got file %s, want it as it was: %s", got, before)
		}
		if got := dirNames(t, filepath.Dir(path)); !slices.Equal(got, names) {
			t.Errorf("got files %q beside it, want %q", got, names)
		}
	}
}

// dirNames are the files of a directory without those that SQLite makes to
// read a database.
func dirNames(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), "-shm") {
			out = append(out, e.Name())
		}
	}
	return out
}

// newUnknownScene is a database of a generation that is not known: a column
// that we read has another name.
func newUnknownScene(t *testing.T) *scene {
	t.Helper()
	sc := newScene(t, hosttest.NewDatabaseOf(t, schema.V41))
	w := hosttest.StartWriter(t, sc.db)
	w.Exec(e2eWorld...)
	w.Exec(sayEach("m", 3)...)
	w.Exec(`ALTER TABLE channels RENAME COLUMN topic_required TO topic_needed`)
	return sc
}

// TestTail_UnknownSchema: a database of a newer generation can be looked at,
// and that this is all is said on the first line.
func TestTail_UnknownSchema(t *testing.T) {
	t.Parallel()
	sc := newUnknownScene(t)
	before := sc.sums()
	c := sc.run(sc.tailArgs("--no-follow")...)
	if got := c.exitCode(); got != 0 {
		t.Errorf("got exit code %v, want 0: %s", got, c.err)
	}
	compare(t, "messages", numbered("m", 3), c.out.lines())
	if lines := c.err.lines(); len(lines) == 0 || !strings.Contains(lines[0], "unknown schema") ||
		!strings.Contains(lines[0], "messages only") || !strings.Contains(lines[0], "channels.topic_required") {
		t.Errorf("got stderr %q, want the first line to say what is shown, and why", lines)
	}
	if got := sc.sums(); got != before {
		t.Errorf("got files %s, want them as they were: %s", got, before)
	}
	w := hosttest.StartWriter(t, sc.db)
	c = sc.tail()
	c.out.untilLine(t, "m2")
	w.Exec(say("live"))
	c.out.untilLine(t, "live")
}

func TestTail_UnknownSchemaShowsMessagesOnly(t *testing.T) {
	t.Parallel()
	sc := newUnknownScene(t)
	c := sc.run("tail", "--direct", "--db", sc.db, "--all", "--no-follow", "--template", "{{.Type}}")
	for _, typ := range c.out.lines() {
		if !strings.HasPrefix(typ, "message.") {
			t.Errorf("got %s, want messages only", typ)
		}
	}
}

// TestCapture_RefusesUnknownSchema: nothing is added to a database of a newer
// generation, nor beside it.
func TestCapture_RefusesUnknownSchema(t *testing.T) {
	t.Parallel()
	sc := newUnknownScene(t)
	for _, command := range [][]string{{"capture", "install"}, {"serve", "--listen", "127.0.0.1:0"}} {
		refused(t, sc.run(append(command, "--db", sc.db)...), exitFailed, sc.db, "unknown schema", "channels.topic_required", "nothing was added")
		if got := sc.query(`SELECT name FROM sqlite_master WHERE name LIKE 'cslack%'`); len(got) != 0 {
			t.Errorf("got %q in the database, want nothing to be added", got)
		}
		if _, err := os.Stat(eventFile(sc.db)); err == nil {
			t.Error("got an event file, want none")
		}
	}
}

// TestCommands_NoDatabase: without a database every place that was looked at
// is named, and what to do. Only serve waits for one.
func TestCommands_NoDatabase(t *testing.T) {
	t.Parallel()
	sc := newScene(t, filepath.Join(t.TempDir(), "claude-slack.db"))
	commands := [][]string{{"tail"}, {"agents"}, {"channels"}, {"capture", "install"}, {"capture", "status"}, {"capture", "uninstall"}, {"doctor"}}
	for _, command := range commands {
		c := sc.run(append(command, "--db", sc.db)...)
		if got := c.exitCode(); got != exitNotFound || c.out.String() != "" {
			t.Errorf("%v: got exit code %v and stdout %q, want %v and nothing", command, got, c.out, exitNotFound)
		}
		for _, wanted := range []string{sc.db, "--db PATH", "cslack-stream demo"} {
			if !strings.Contains(c.err.String(), wanted) {
				t.Errorf("%v: got %q, want it to say %q", command, c.err, wanted)
			}
		}
		if _, err := os.Stat(sc.db); err == nil {
			t.Fatalf("%v: got a new file, which would keep Claude-Slack from making its own", command)
		}
		if got := sc.run(command...).exitCode(); got != exitNotFound {
			t.Errorf("%v without --db: got exit code %v, want %v", command, got, exitNotFound)
		}
	}
}

// TestCommands_NoDatabaseBlock: the block names all five places.
func TestCommands_NoDatabaseBlock(t *testing.T) {
	t.Parallel()
	sc := newScene(t, "")
	for _, command := range [][]string{{"tail"}, {"doctor"}} {
		c := sc.run(command...)
		if got := c.exitCode(); got != exitNotFound {
			t.Errorf("%v: got exit code %v, want %v", command, got, exitNotFound)
		}
		for _, wanted := range []string{
			"No Claude-Slack database found.", "Looked in", "--db", "not given", "CLAUDE_SLACK_DB_PATH", "CLAUDE_SLACK_DIR", "CLAUDE_CONFIG_DIR", "not set",
			"claude-slack/data/claude-slack.db", "does not exist", "npx claude-slack", "cslack-stream demo",
		} {
			if !strings.Contains(c.err.String(), wanted) {
				t.Errorf("%v: got %q, want it to say %q", command, c.err, wanted)
			}
		}
	}
}

// TestCapture_Uninstall: what was captured is carried before capture is
// removed; where it can not be, nothing is removed unless that is forced.
func TestCapture_Uninstall(t *testing.T) {
	t.Parallel()
	before := func(sc *scene) []string {
		return sc.query(`SELECT type||name||tbl_name||rootpage||sql FROM sqlite_master`)
	}
	t.Run("carried", func(t *testing.T) {
		t.Parallel()
		sc, w := newWorldScene(t)
		schema := before(sc)
		if c := sc.run("capture", "install", "--db", sc.db); c.exitCode() != 0 {
			t.Fatalf("got exit code %v: %s", c.exitCode(), c.err)
		}
		w.Exec(sayEach("m", 3)...)
		c := sc.run("capture", "uninstall", "--db", sc.db)
		if c.exitCode() != 0 || !strings.Contains(c.out.String(), "capture is removed") {
			t.Fatalf("got exit code %v, stdout %s and stderr %s, want it removed", c.exitCode(), c.out, c.err)
		}
		compare(t, "sqlite_master", schema, before(sc))
		got, err := queryFile(t.Context(), eventFile(sc.db), `SELECT entity_id FROM event_stream WHERE event_type='message.new' ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "events that stay", []string{"1", "2", "3"}, got)
		c = sc.run("capture", "uninstall", "--db", sc.db)
		if c.exitCode() != 0 || !strings.Contains(c.out.String(), "nothing to remove") {
			t.Errorf("again: got exit code %v, stdout %s and stderr %s, want nothing to remove", c.exitCode(), c.out, c.err)
		}
	})
	t.Run("can not be carried", func(t *testing.T) {
		t.Parallel()
		sc, w := newWorldScene(t)
		schema := before(sc)
		if c := sc.run("capture", "install", "--db", sc.db); c.exitCode() != 0 {
			t.Fatalf("got exit code %v: %s", c.exitCode(), c.err)
		}
		w.Exec(sayEach("m", 3)...)
		// The event file of a database that is still there elsewhere.
		other := filepath.Join(t.TempDir(), "other.db")
		shell(t, "cp", sc.db, other)
		shell(t, "cp", eventFile(sc.db), eventFile(other))
		sc.db = other
		w = hosttest.StartWriter(t, other)
		w.Exec(say("more"))
		refused(t, sc.run("capture", "uninstall", "--db", other), exitFailed, "another", "--force")
		if got := sc.query(`SELECT count(*) FROM cslack_change WHERE op='mi'`); got[0] != "4" {
			t.Errorf("got %v captured messages, want 4 to be there still", got)
		}
		c := sc.run("capture", "uninstall", "--force", "--db", other)
		if c.exitCode() != 0 {
			t.Fatalf("--force: got exit code %v: %s", c.exitCode(), c.err)
		}
		compare(t, "sqlite_master", schema, before(sc))
		w.Exec(say("afterwards"))
	})
}

// TestCapture_UninstallBesideAServer: with a server at work uninstalling says
// what it does, and the server goes on by installing again, in a new epoch.
func TestCapture_UninstallBesideAServer(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(sayEach("m", 3)...)
	f.untilText("m2")
	if c := sc.run("capture", "uninstall", "--db", sc.db); c.exitCode() != 0 {
		t.Fatalf("got exit code %v: %s", c.exitCode(), c.err)
	}
	f.untilType("stream.gap")
	f.untilType("initial")
	w.Exec(say("after"))
	f.untilText("after")
	want := append(numbered("m", 3), "after")
	compare(t, "fresh reader", want, texts(s.everything(operatorQuery, s.beginning())))
	if h := s.health(); h.Status != "healthy" {
		t.Errorf("got health %+v, want it healthy", h)
	}
}
