//go:build unix

package main

import (
	"strings"
	"testing"
)

// TestWhy explains one message for everybody: asked of a server, of the
// database beside it, and of the database alone.
func TestWhy(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	w.Exec(`INSERT INTO agents(name) VALUES('carol')`, say("hello"),
		`INSERT INTO channel_members(channel_id,agent_name) VALUES('global:general','carol')`, say("for carol too"))
	s.open(operatorQuery, s.beginning()).untilText("for carol too")

	check := func(where string, flags ...string) {
		t.Helper()
		c := sc.run(append([]string{"why", "message:1"}, flags...)...)
		lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
		if c.exitCode() != 0 || len(lines) != 3 {
			t.Fatalf("%s: got exit code %d and %q", where, c.exitCode(), lines)
		}
		for i, want := range []string{
			"alice@webapp\tyes\talice@webapp got it: it was a member of #general",
			"bob@webapp\tyes\t",
			"carol@global\tno\tcarol@global did not get it: it was not a member of #general, and joined it later, at ",
		} {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%s: got line %q, want %q…", where, lines[i], want)
			}
		}
	}
	check("server", "--server", s.url)
	check("found server", "--db", sc.db)
	check("database", "--direct", "--db", sc.db)

	one := sc.run("why", "message:2", "-a", "carol", "-o", "jsonl", "--db", sc.db)
	if got := one.out.String(); !strings.Contains(got, `"delivered":true,"rule":"member"`) || !strings.Contains(got, `"text":"carol@global got it: it was a member of #general since `) {
		t.Errorf("carol and the second message: got %s", got)
	}
	s.stop()
	check("database alone", "--db", sc.db)
	for _, tt := range []struct {
		id, says string
		code     int
	}{
		{"message:99", `there is no event "message:99"`, exitNotFound},
		{"abc-1", "of another incarnation of the event log", exitNotFound},
		{"rubbish", "want an id as tail -o json shows it", exitUsage},
		{"", "want an id", exitUsage},
	} {
		c := sc.run("why", tt.id, "--db", sc.db)
		if c.exitCode() != tt.code || !strings.Contains(c.err.String(), tt.says) || strings.Count(c.err.String(), "\n") > 2 {
			t.Errorf("why %q: got exit code %d and %s", tt.id, c.exitCode(), c.err)
		}
	}
}
