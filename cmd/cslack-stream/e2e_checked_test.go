//go:build unix

package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// installVersion1 puts the change log and triggers of version 1 into a
// database, as the build of that time did.
func installVersion1(t *testing.T, w *hosttest.Writer) {
	t.Helper()
	b, err := os.ReadFile("../../internal/engine/capture/trigger/testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(slices.Concat([]string{"BEGIN IMMEDIATE"}, strings.Split(strings.TrimSpace(string(b)), "\n"), []string{"COMMIT"})...)
}

// checksMessages is an agent of project p that looks for messages.
func checksMessages(name string) string {
	return hosttest.Call("s", "get_messages", `{"agent_id": "`+name+`", "limit": 10}`)
}

// TestServe_AgentChecked: who looks for messages is seen doing so by itself
// and by operators, and the list of agents says since when what waits.
func TestServe_AgentChecked(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	w.Exec(hosttest.Session("s", "p"))
	s := sc.serve()
	all := s.open(operatorQuery, s.beginning())
	w.Exec(checksMessages("alice"), say("one"), say("two"))
	seen := all.untilText("two")
	i := slices.IndexFunc(seen, func(f frame) bool { return f.Type == string(event.AgentChecked) })
	if i < 0 {
		t.Fatalf("got %v, want a check among them", keys(seen))
	}
	if key := seen[i].key(); key != "agent.checked alice:p" {
		t.Errorf("got %q, want alice's check", key)
	}
	for name, want := range map[string]bool{"alice": true, "bob": false} {
		own := keys(s.everything(agentQuery(event.Agent{Name: name, Project: "p"}), s.beginning()))
		if got := slices.Contains(own, "agent.checked alice:p"); got != want {
			t.Errorf("%s: got alice's check seen %v, want %v", name, got, want)
		}
	}
	body, err := s.get("/api/agents")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Agents []event.AgentInfo }
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	for _, a := range list.Agents {
		if waits := a.Name == "alice"; waits != (a.CheckedAt != nil) || waits && *a.Waiting != 2 || !waits && a.Waiting != nil {
			t.Errorf("got %s", body)
		}
	}
	c := sc.run("agents", "--db", sc.db)
	lines := c.out.lines()
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "Z\t2") || !strings.HasSuffix(lines[1], "\t\t") {
		t.Errorf("agents: got %q and %s, want alice with a time and 2, bob with neither", lines, c.err)
	}
}

// TestCapture_Version1: an older installation is read as it is, without a
// word, until something that may write upgrades it; and every command says
// what it finds.
func TestCapture_Version1(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	installVersion1(t, w)
	w.Exec(append(sayEach("m", 3), hosttest.Session("s", "p"))...)
	ours := func() []string {
		return sc.query(`SELECT name FROM sqlite_master WHERE name GLOB 'cslack_*' ORDER BY rowid`)
	}
	older := ours()
	compare(t, "tail --direct", numbered("m", 3), sc.tailAll())
	if c := sc.run("tail", "--direct", "--db", sc.db, "--all", "--no-follow"); c.exitCode() != 0 || strings.Contains(c.err.String(), "version") {
		t.Errorf("tail: got exit code %v and %q on stderr, want nothing about versions", c.exitCode(), c.err)
	}
	for what, args := range map[string][]string{
		"installed, version 1 (older": {"capture", "status", "--db", sc.db},
		"version 1, older than this":  {"doctor", "--db", sc.db},
	} {
		if c := sc.run(args...); c.exitCode() != 0 || !strings.Contains(c.out.String(), what) || !strings.Contains(c.out.String(), "capture install upgrades it") {
			t.Errorf("%v: got exit code %v and %s, want %q and what upgrades it", args, c.exitCode(), c.out, what)
		}
	}
	compare(t, "after looking", older, ours())

	following := sc.tail()
	following.out.untilLine(t, "m2")
	c := sc.run("capture", "install", "--db", sc.db)
	if c.exitCode() != 0 || !strings.Contains(c.err.String(), "upgrades the change log from version 1 to 2") {
		t.Errorf("install: got exit code %v and %q on stderr, want it to say that it upgrades", c.exitCode(), c.err)
	}
	compare(t, "upgraded", append(slices.Clone(older), "cslack_ti"), ours())
	if c := sc.run("capture", "status", "--db", sc.db); !strings.Contains(c.out.String(), "installed, version 2,") {
		t.Errorf("status: got %s, want version 2", c.out)
	}
	w.Exec(checksMessages("alice"), say("last"))
	following.out.untilLine(t, "last")
	compare(t, "a tail that was there before", append(numbered("m", 3), "last"), following.out.lines())
	following.kill()
	s := sc.serve()
	got := keys(s.everything(operatorQuery, s.beginning()))
	compare(t, "the end of the stream", []string{"message.new 3", "agent.checked alice:p", "message.new 4"}, got[len(got)-3:])
}

// TestCapture_NewerVersion is refused in one line, and left alone.
func TestCapture_NewerVersion(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	if c := sc.run("capture", "install", "--db", sc.db); c.exitCode() != 0 {
		t.Fatalf("got exit code %v: %s", c.exitCode(), c.err)
	}
	w.Exec(`UPDATE cslack_meta SET v=99 WHERE k='version'`, say("m"))
	refused(t, sc.run("capture", "install", "--db", sc.db), exitFailed, "version 99", "use the newer build")
	refused(t, sc.run(sc.serveArgs()...), exitFailed, "version 99", "use the newer build")
	if c := sc.run("capture", "status", "--db", sc.db); c.exitCode() != 0 || !strings.Contains(c.out.String(), "version 99, newer than this build knows") {
		t.Errorf("status: got %s", c.out)
	}
	compare(t, "tail --direct", []string{"m"}, sc.tailAll())
}
