//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
)

// three is a world of three agents, with a message for each of the first two.
func three() *world {
	w := dev("both", "mine", "yours")
	w.Agents = append(w.Agents, worldAgent{Name: "anna", Project: "p2", ProjectName: "api"})
	w.Events[1].To = []string{"alice:p1"}
	w.Events[2].To = []string{"bob:p1", "anna:p2"}
	return w
}

func TestTail_ShowsWhoOfSeveralSeesItOnATerminal(t *testing.T) {
	args := []string{"tail", "alice", "anna", "-a", "bob", "--all", "--no-follow", "--color", "never"}
	got, code := inTerminal(t, three(), args...).end(t)
	want := `cslack-stream: alice@webapp + anna@api + bob@webapp, live (direct) on the test world, all that is retained
cslack-stream: who sees it: a alice@webapp, n anna@api, b bob@webapp
15:04:05 anb #dev      bob     both
15:04:06 a·· #dev      bob     mine
15:04:07 ·nb #dev      bob     yours
`
	if got != want || code != 0 {
		t.Errorf("got %q and exit code %v, want %q", got, code, want)
	}
}

func TestTail_ResumesSeveral(t *testing.T) {
	p := inTerminal(t, three(), "tail", "bob", "alice")
	p.until(t, "yours")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	got, code := p.end(t)
	if want := "resume: cslack-stream tail bob@webapp alice@webapp --since-id test1-3\n"; !strings.HasSuffix(got, want) || code != exitInterrupted {
		t.Errorf("got %q and exit code %v, want it to end with %q", got, code, want)
	}
}

func TestWatch_SeveralInATerminal(t *testing.T) {
	p := inTmux(t, three(), 80, 24, "watch", "alice", "-a", "bob")
	p.shows("alice + bob", "● live (direct)", "15:04:05 ab #dev", "15:04:06 a· #dev", "15:04:07 ·b #dev", "3 events")
	p.keys("Enter")
	p.shows("seen by", "bob@webapp; not by alice@webapp")
	p.keys("Escape", "Escape", "/", "only:alice", "Enter")
	p.shows("only:alice (1)", "mine")
	p.keys("a", "anna", "Tab", "C-u", "bob", "Tab")
	p.shows("enter watch 2 marked")
	p.keys("Enter")
	p.shows("anna + bob", "15:04:07 ab #dev", "no filter")
	p.tmux("resize-window", "-t", "story", "-x", "140")
	p.keys("q")
	p.shows("watched anna + bob, 2 events, resume: cslack-stream watch anna@api bob@webapp --since-id test1-3", "ENDED WITH 0")
}
