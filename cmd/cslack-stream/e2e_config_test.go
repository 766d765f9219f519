//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// designed is a configuration of the design document, as it is written there.
func designed(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "config", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// config writes a configuration for programs in the scene.
func (sc *scene) config(content string) string {
	sc.t.Helper()
	path := filepath.Join(sc.home, "c.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		sc.t.Fatal(err)
	}
	return path
}

// dm are the statements with which bob says something to alice alone.
func dm(text string) []string {
	return []string{
		`INSERT OR IGNORE INTO channels(id,channel_type,access_type,scope,name) VALUES('dm:alice:bob','direct','private','global','dm')`,
		`INSERT OR IGNORE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('dm:alice:bob','alice','p'),('dm:alice:bob','bob','p')`,
		`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('dm:alice:bob','bob','p','` + text + `')`,
	}
}

// days are the days that events of two messages are kept, as the event file
// has it: of bob's in the channel and of his direct one to alice.
func (sc *scene) days(file, publicText, directText string) (public, direct []string) {
	sc.t.Helper()
	read := func(typ, text string) []string {
		out, err := queryFile(sc.t.Context(), file, fmt.Sprintf(`SELECT CAST(round(julianday(expires_at)-julianday('now')) AS INTEGER) FROM event_stream
WHERE event_type='%s' AND payload LIKE '%%"%s"%%'`, typ, text))
		if err != nil {
			sc.t.Fatal(err)
		}
		return out
	}
	return read("message.new", publicText), read("dm.received", directText)
}

// TestServe_DesignedConfigurations: the configurations of the design document
// that this version can serve do what they say, as far as that can be seen
// from outside.
func TestServe_DesignedConfigurations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, capture, backend string
		says                   string
		added                  bool // to the database
		public, direct         string
	}{
		{"development", "hook", "memory", "event_streaming.persist_events: events are kept in memory only", false, "", ""},
		{"small-scale", "trigger", "sqlite", "adds the tables cslack_change", true, "7", "30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sc, w := newWorldScene(t)
			schema := sc.query(`SELECT sql FROM sqlite_master`)
			s := sc.serve("--config", designed(t, tt.name))
			if h := s.health(); h.Capture != tt.capture || h.Backend != tt.backend {
				t.Errorf("got health %+v, want %s into %s", h, tt.capture, tt.backend)
			}
			f := s.open(operatorQuery, s.beginning())
			w.Exec(say("one"))
			f.untilText("one")
			w.Exec(dm("secret")...)
			f.untilText("secret")
			s.err.until(t, tt.says, func(text string) bool { return strings.Contains(text, tt.says) })
			_, err := os.Stat(eventFile(sc.db))
			if got := !slices.Equal(sc.query(`SELECT sql FROM sqlite_master`), schema); got != tt.added || (err == nil) != tt.added {
				t.Errorf("got something added: %v, an event file: %v, want %v for both", got, err == nil, tt.added)
			}
			s.stop()
			if !tt.added {
				return
			}
			public, direct := sc.days(eventFile(sc.db), "one", "secret")
			if !slices.Equal(public, []string{tt.public}) || !slices.Equal(direct, []string{tt.direct}) {
				t.Errorf("got %q days and %q for direct messages, want %s and %s", public, direct, tt.public, tt.direct)
			}
		})
	}
}

// TestServe_RefusesWhatItCanNotDo: in one line, and nothing is touched.
func TestServe_RefusesWhatItCanNotDo(t *testing.T) {
	t.Parallel()
	sc, _ := newWorldScene(t)
	large := designed(t, "large-scale")
	refused(t, sc.run(sc.serveArgs("--config", large)...), exitUsage, large+":2: event_streaming.backend: hybrid needs Redis, which this version does not have")
	for content, wanted := range map[string]string{
		"tls: {cert: /c.pem}\n":                "c.yaml:1: tls.cert: TLS is not available in this version",
		"event_streaming: {batch_sise: 1}\n":   "c.yaml:1: unknown key event_streaming.batch_sise, did you mean event_streaming.batch_size?",
		"listen: nonsense\n":                   "c.yaml:1: listen \"nonsense\": want HOST:PORT",
		"log:\n  level: info\n  level: warn\n": "c.yaml:3: log.level is there twice",
	} {
		refused(t, sc.run("serve", "--db", sc.db, "--config", sc.config(content)), exitUsage, wanted)
	}
	if got := sc.query(`SELECT name FROM sqlite_master WHERE name LIKE 'cslack%'`); len(got) != 0 {
		t.Errorf("got %q in the database, want nothing to be added", got)
	}
}

// TestServe_LargeScaleHalf: what this version can do of the design document's
// third configuration acts, once the rest is left out: the days, and the
// section they are in.
func TestServe_LargeScaleHalf(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	content, err := os.ReadFile(designed(t, "large-scale"))
	if err != nil {
		t.Fatal(err)
	}
	half := strings.Replace(string(content), "backend: hybrid", "backend: sqlite", 1)
	half = strings.Replace(half, "    url: redis://redis-cluster:6379\n", "", 1)
	s := sc.serve("--config", sc.config(half))
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("one"))
	w.Exec(dm("secret")...)
	f.untilText("secret")
	s.stop()
	if public, direct := sc.days(eventFile(sc.db), "one", "secret"); !slices.Equal(public, []string{"30"}) || !slices.Equal(direct, []string{"30"}) {
		t.Errorf("got %q days and %q for direct messages, want 30 for both", public, direct)
	}
}

// TestServe_EventFileElsewhere: the event file is where the configuration says,
// and readers of the database find it there without being told.
func TestServe_EventFileElsewhere(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	file := filepath.Join(t.TempDir(), "elsewhere.db")
	config := sc.config("event_streaming: {sqlite: {path: " + file + "}}\n")
	s := sc.serve("--config", config)
	beginning := s.beginning()
	f := s.open(operatorQuery, beginning)
	w.Exec(sayEach("m", 3)...)
	w.Exec(`UPDATE messages SET content='edited',is_edited=1,edited_at=CURRENT_TIMESTAMP WHERE content='m2'`)
	f.untilType("message.edited")
	s.stop()
	if _, err := os.Stat(eventFile(sc.db)); err == nil {
		t.Error("got an event file beside the database, want none")
	}
	// What m2 was before it was edited is in the event file alone.
	if got := sc.run("tail", "--direct", "--db", sc.db, "--all", "--no-follow", "-o", "json"); !strings.Contains(got.out.String(), `"m2"`) {
		t.Errorf("got %s%s, want the events of the file", got.out, got.err)
	}
	if got := sc.run("capture", "status", "--db", sc.db); !strings.Contains(got.out.String(), file) {
		t.Errorf("capture status: got %s, want it to name %s", got.out, file)
	}
	if got := sc.run("doctor", "--db", sc.db, "--config", config); got.exitCode() != 0 || !strings.Contains(got.out.String(), file) {
		t.Errorf("doctor: got %s, want it to name %s", got.out, file)
	}
	// With the file beside the database, history would begin anew unasked.
	refused(t, sc.run(sc.serveArgs()...), exitFailed, "carried into another event file", file, "--take-over")
	if got := sc.run("capture", "uninstall", "--db", sc.db, "--config", config); got.exitCode() != 0 || !strings.Contains(got.out.String(), file) {
		t.Errorf("uninstall: got %s%s, want it to name %s", got.out, got.err, file)
	}
}

// TestServe_SaysEverythingInJSON: with log.format json every line is one.
func TestServe_SaysEverythingInJSON(t *testing.T) {
	t.Parallel()
	sc, _ := newWorldScene(t)
	c := sc.startAs(func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "CSLACK_STREAM_LOG_FORMAT=json", "CSLACK_STREAM_LOG_LEVEL=error", "CSLACK_STREAM_LISTEN=127.0.0.1:0")
	}, "serve", "--db", sc.db)
	c.err.until(t, "the address", func(text string) bool { return strings.Contains(text, "serving ") && strings.HasSuffix(text, "\n") })
	c.stop()
	lines := c.err.lines()
	for _, line := range lines {
		var said struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Time == "" || said.Msg == "" {
			t.Errorf("got line %q (%v), want an object", line, err)
		}
	}
	if len(lines) != 2 || !strings.Contains(lines[0], "adds the tables") || !strings.Contains(lines[1], "at http://127.0.0.1:") {
		t.Errorf("got %q, want what was added and the address, and nothing below the level", lines)
	}
}

// TestServe_PrintsConfiguration: it needs no database, and the flags count.
func TestServe_PrintsConfiguration(t *testing.T) {
	t.Parallel()
	sc := newScene(t, "/nowhere/at-all.db")
	first := sc.run("serve", "--print-config", "--config", designed(t, "large-scale"), "--listen", "127.0.0.1:9", "--no-install", "-v", "--origin", "https://a.example", "--origin", "https://b.example")
	if got := first.exitCode(); got != 0 {
		t.Fatalf("got exit code %d: %s", got, first.err)
	}
	out := first.out.String()
	for _, want := range []string{"listen: 127.0.0.1:9\n", "persist_events: false\n", "level: debug\n", "backend: hybrid\n", `origins: ['https://a.example', 'https://b.example']`, "Set by --listen.", "large-scale.yaml:2"} {
		if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(out, "#", "")), " "), strings.TrimSpace(want)) {
			t.Errorf("got %s, want %q in it", out, want)
		}
	}
	again := sc.run("serve", "--print-config", "--config", sc.config(out))
	keys := func(text string) (out []string) {
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(strings.TrimSpace(line), "#") {
				out = append(out, line)
			}
		}
		return out
	}
	compare(t, "printed again", keys(out), keys(again.out.String()))
}

// TestWatch_HeedsConfiguration: in a real terminal, from the file.
func TestWatch_HeedsConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("ui:\n  theme: none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := inTerminal(t, dev("one"), "watch", "alice", "--config", path)
	p.until(t, "FOLLOWING")
	if got := p.read.String(); regexp.MustCompile(`\x1b\[[0-9;]*3[0-9]m`).MatchString(got) {
		t.Errorf("got colours in %q, want none", got)
	}
	_, _ = p.screen.Write([]byte("q"))
	p.end(t)
	if err := os.WriteFile(path, []byte("ui:\n  colour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, code := inTerminal(t, dev("one"), "watch", "alice", "--config", path).end(t)
	if !strings.Contains(got, "c.yaml:2: unknown key ui.colour") || code != exitUsage {
		t.Errorf("got %q and exit code %d, want the line that is wrong", got, code)
	}
}
