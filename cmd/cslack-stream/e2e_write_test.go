//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestWrite does everything that an agent can do, through a server and without
// one, and sees it in the stream as if the host had written it.
func TestWrite(t *testing.T) {
	t.Parallel()
	for _, served := range []bool{true, false} {
		t.Run(fmt.Sprintf("through a server %v", served), func(t *testing.T) {
			t.Parallel()
			sc, w := newWorldScene(t)
			w.Exec(`INSERT INTO agents(name) VALUES('gina')`)
			s := sc.serve()
			beginning := s.beginning()
			if !served {
				s.stop()
			}
			do := func(stdin string, args ...string) string {
				t.Helper()
				c := sc.startAs(func(cmd *exec.Cmd) { cmd.Stdin = strings.NewReader(stdin) }, append(args, "--db", sc.db)...)
				if c.exitCode() != 0 {
					t.Fatalf("%v: got exit code %d and %s", args, c.exitCode(), c.err)
				}
				return strings.TrimSpace(c.out.String())
			}
			if got := do("", "send", "--as", "alice", "--to", "#general", "hello", "@bob,", "the host's index of words is happier with some more of them"); got != "message 1: sent to #general" {
				t.Errorf("send: got %q", got)
			}
			do("from\nstdin\n", "send", "--as", "alice", "--to", "@bob")
			var sent struct {
				Message int64  `json:"message_id"`
				Channel string `json:"channel_id"`
			}
			if err := json.Unmarshal([]byte(do("", "send", "--as", "bob", "--to", "@alice", "-o", "json", "--thread", "2", "yes")), &sent); err != nil || sent.Message != 3 || sent.Channel != "dm:alice:p:bob:p" {
				t.Errorf("-o json: got %+v, %v", sent, err)
			}
			do("", "edit", "--as", "alice", "1", "hello again")
			do("", "note", "--as", "gina", "remember", "--tag", "a,b")
			do("", "status", "--as", "bob", "busy")
			do("", "join", "--as", "gina", "general")
			do("", "leave", "--as", "gina", "general")
			do("", "channel", "create", "--as", "alice", "plans", "--access", "members")
			do("", "channel", "archive", "--as", "alice", "plans")
			do("", "delete", "--as", "alice", "1")
			if got := do("", "delete", "--as", "alice", "1"); got != "message 1: nothing to do: it was so already" {
				t.Errorf("deleted again: got %q", got)
			}
			if !served {
				s = sc.serve()
			}
			var types []string
			for _, f := range onlyEvents(t, s.everything(operatorQuery, beginning)) {
				if !f.Backfilled {
					types = append(types, f.Type)
				}
			}
			compare(t, "types", []string{
				"message.new", "dm.channel.created", "message.new", "dm.received", "message.new", "dm.received",
				"message.edited", "note.created", "note.tagged", "agent.status.changed", "channel.member.joined", "channel.member.left",
				"channel.created", "channel.member.joined", "channel.archived", "message.deleted",
			}, types)
			sc.checkIntegrity()
		})
	}
}

// TestWrite_Refused: each refusal is one line that says what to do, with the
// exit code of its kind.
func TestWrite_Refused(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	w.Exec(`INSERT INTO agents(name,dm_policy) VALUES('gina','closed')`,
		`INSERT INTO channels(id,channel_type,access_type,scope,name,project_id) VALUES('p:twice','channel','open','project','twice','p'),('g:twice','channel','open','global','twice',NULL)`)
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"send --to #general x", exitUsage, "--as NAME"},
		{"send --as alice x", exitUsage, "--to '#channel'"},
		{"send --as alice --to #general", exitUsage, "needs text"},
		{"send --as alise --to #general x", exitNotFound, "did you mean alice@webapp"},
		{"send --as alice --to #twice x", exitUsage, "say which, #twice@webapp or #twice@global"},
		{"send --as alice --to #twice@webapp x", exitFailed, `"p:twice"`},
		{"send --as alice --to #genral x", exitNotFound, "did you mean #general"},
		{"send --as alice --to @zoe x", exitNotFound, "no agent called"},
		{"send --as gina --to #general x", exitFailed, "gina@global may not send to"},
		{"send --as alice --to @gina x", exitFailed, "may not write to"},
		{"send --as alice --to #general --metadata [] x", exitUsage, "no JSON object"},
		{"edit --as alice x y", exitUsage, "not the number of a message"},
		{"edit --as alice 7 y", exitNotFound, "alice@webapp wrote no message 7"},
		{"delete --as alice", exitUsage, "takes one message"},
		{"channel create --as alice Plans", exitUsage, "lower-case"},
		{"channel create --as alice general --global", exitFailed, "already"},
		{"status --as alice a b", exitUsage, "takes one word"},
		{"note --as alice -o xml x", exitUsage, "want text or json"},
	} {
		c := sc.run(append(strings.Fields(tt.args), "--db", sc.db)...)
		if c.exitCode() != tt.code || !strings.Contains(c.err.String(), tt.says) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", tt.args, c.exitCode(), c.err, tt.code, tt.says)
		}
	}
	long := sc.startAs(func(cmd *exec.Cmd) { cmd.Stdin = strings.NewReader(strings.Repeat("漢", mostTyped/3+1)) },
		"send", "--as", "alice", "--to", "#general", "--db", sc.db)
	if long.exitCode() != exitUsage || !strings.Contains(long.err.String(), "standard input holds more than 4194304 bytes: a message takes 150000 characters") {
		t.Errorf("too much on standard input: got exit code %d and %q", long.exitCode(), long.err)
	}
	if got := sc.query(`SELECT count(*) FROM messages`); got[0] != "0" {
		t.Errorf("something was written: %v", got)
	}
}
