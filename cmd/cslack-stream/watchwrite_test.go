//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestWatch_WritesAsAnAgent writes, edits and deletes on the screen, through a
// server and without one: what is in the database then comes in the stream.
func TestWatch_WritesAsAnAgent(t *testing.T) {
	for _, served := range []bool{true, false} {
		t.Run(fmt.Sprintf("through a server %v", served), func(t *testing.T) {
			sc, w := newWorldScene(t)
			w.Exec(`INSERT INTO agents(name) VALUES('gina')`,
				`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','bob','p','good morning, this is what the index of words likes to have')`)
			from := []string{"--db", sc.db}
			if served {
				from = []string{"--server", sc.serve().url}
			}
			p := inTmux(t, nil, 100, 24, append([]string{"watch", "alice", "--as", "alice"}, from...)...)
			p.shows("● live", "good morning", "writing as alice@webapp")
			p.keys("Enter")
			p.shows("alice@webapp got it: it was a member of #general since")
			p.keys("Escape", "G", "i")
			p.shows("Write to which channel?", "▌ #general")
			p.keys("Enter")
			p.shows("as alice@webapp to #general >", "enter send")
			p.keys("-l", "hello bob, here are")
			p.keys("C-j")
			p.tmux("set-buffer", "two\nlines\n")
			p.tmux("paste-buffer", "-p", "-t", "story")
			p.shows("hello bob, here are⏎two⏎lines⏎", "4 lines")
			p.keys("Enter")
			p.shows("sent to #general", "hello bob, here are ⏎ two ⏎ lines")
			p.keys("E")
			p.shows("edit message 2 as alice@webapp > hello bob")
			p.keys("C-u")
			p.keys("-l", "hello all")
			p.keys("Enter")
			p.shows("changed message 2", "edited: ")
			p.keys("D")
			p.shows("delete message 2? y/N")
			p.keys("y")
			p.shows("deleted message 2", "del")
			compare(t, "messages", []string{"global:general [Message deleted]"}, sc.query(`SELECT channel_id||' '||content FROM messages WHERE id>1`))
			p.keys("q")
			p.shows("ENDED WITH 0")

			p.again(append([]string{"watch", "alice", "--as", "gina"}, from...)...)
			p.shows("● live", "good morning", "writing as gina@global")
			p.keys("Space", "Up", "i")
			p.shows("as gina@global to #general >")
			p.keys("-l", "me too")
			p.keys("Enter")
			p.shows("me too", `gina@global may not send to "global:general": it is not a member`)
			p.keys("Escape", "q")
			p.shows("ENDED WITH 0")
		})
	}
}

func TestWatch_WritesOnlyWhereThatIsPossible(t *testing.T) {
	for args, want := range map[string]string{
		"--as alise":         "did you mean alice@webapp",
		"--as alice":         "only be looked at",
		"--as alice --plain": "use cslack-stream send",
	} {
		w := dev("one")
		got, code := inTerminal(t, w, append([]string{"watch", "alice"}, strings.Fields(args)...)...).end(t)
		if code == 0 || !strings.Contains(got, want) {
			t.Errorf("%s: got %q and exit code %v, want %q", args, got, code, want)
		}
	}
}
