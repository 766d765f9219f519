//go:build unix

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestServe_MemoryAddsNothing: to serve, and to be looked at, changes no byte
// of the database and leaves no file beside it.
func TestServe_MemoryAddsNothing(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	w.Exec(sayEach("before", 3)...)
	before := sc.sums()
	s := sc.serve("--no-install")
	if h := s.health(); h.Capture != "hook" || h.Backend != "memory" {
		t.Errorf("got health %+v, want a hook that keeps events in memory", h)
	}
	if got := texts(s.everything(operatorQuery, s.beginning())); len(got) != 3 {
		t.Errorf("got %q, want what was said before", got)
	}
	s.stop()
	if said := s.err.String(); strings.Count(said, "cslack-stream: ") != 2 || !strings.Contains(said, "memory only") || !strings.Contains(said, "changes between two looks merge") {
		t.Errorf("got %q, want one line with what this can not promise", said)
	}
	if after := sc.sums(); after != before {
		t.Errorf("got checksums %s, want %s", after, before)
	}
	if _, err := os.Stat(eventFile(sc.db)); !os.IsNotExist(err) {
		t.Errorf("event file: got %v, want that there is none", err)
	}
}

// TestServe_MemoryAsWithTriggers writes through a server in memory mode and
// through one with triggers, and beside both of them, one after the other:
// the events are the same.
func TestServe_MemoryAsWithTriggers(t *testing.T) {
	t.Parallel()
	record := func(args ...string) []string {
		sc, w := newWorldScene(t)
		w.Exec(`INSERT INTO agents(name) VALUES('gina')`)
		schema := sc.query(`SELECT sql FROM sqlite_master`)
		s := sc.serve(args...)
		f := s.open(operatorQuery, s.health().Latest.String())
		var keys []string
		for i, command := range [][]string{
			{"send", "--as", "alice", "--to", "#general", "one, two, three, many words for the index of the host"},
			{"send", "--as", "alice", "--to", "@bob", "directly"},
			{"edit", "--as", "alice", "1", "one, two, three, other words for the index of the host"},
			{"note", "--as", "gina", "remember", "--tag", "a,b"},
			{"status", "--as", "bob", "busy"},
			{"join", "--as", "gina", "general"},
			{"leave", "--as", "gina", "general"},
			{"channel", "create", "--as", "alice", "plans", "--access", "private"},
			{"channel", "archive", "--as", "alice", "plans"},
			{"delete", "--as", "alice", "1"},
		} {
			if c := sc.run(append(command, "--db", sc.db)...); c.exitCode() != 0 {
				t.Fatalf("%v: got exit code %d and %s", command, c.exitCode(), c.err)
			}
			foreign := fmt.Sprint("foreign", i)
			w.Exec(say(foreign))
			for _, fr := range onlyEvents(t, f.untilText(foreign)) {
				keys = append(keys, fr.key()+" "+fr.text())
			}
		}
		if len(args) > 0 {
			compare(t, "schema", schema, sc.query(`SELECT sql FROM sqlite_master`))
		}
		sc.checkIntegrity()
		return keys
	}
	compare(t, "events", record(), record("--no-install"))
}

// TestServe_MemoryLetsGo is pipeline rule 1: after a write through the server
// nothing of it is left open that could undo a backup copied over the database.
func TestServe_MemoryLetsGo(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve("--no-install")
	f := s.open(operatorQuery, s.health().Latest.String())
	for _, text := range []string{"one", "two"} {
		if c := sc.run("send", "--as", "alice", "--to", "#general", text, "--db", sc.db); c.exitCode() != 0 {
			t.Fatalf("got exit code %d and %s", c.exitCode(), c.err)
		}
		f.untilText(text)
		w.Exec(say("foreign " + text))
		f.untilText("foreign " + text)
		eventually(t, "an empty -wal", sc.walIsEmpty)
	}
	sc.checkIntegrity()
}
