//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// checkedBy is what the host records when an agent reads its messages.
func checkedBy(t *testing.T, name string) worldEvent {
	t.Helper()
	project := "p1"
	data, err := json.Marshal(event.Checked{Name: name, ProjectID: &project, Tool: "get_messages"})
	if err != nil {
		t.Fatal(err)
	}
	return worldEvent{Type: string(event.AgentChecked), Entity: "agent", EntityID: name + ":p1", To: []string{name + ":p1"}, Data: data}
}

// attentive is a world in which alice was seen checking between two messages.
func attentive(t *testing.T) *world {
	w := dev("before", "after")
	w.Channels = append(w.Channels, worldChannel{ID: "dm:ab", Kind: "direct", Members: []string{"alice:p1", "bob:p1"}})
	w.Events = []worldEvent{
		w.Events[0], checkedBy(t, "alice"), w.Events[1],
		{From: "bob:p1", Channel: "dm:ab", Text: "psst"},
		{Type: "dm.received", From: "bob:p1", Channel: "dm:ab", Text: "psst", Addressee: "alice:p1", EntityID: "4", To: []string{}},
	}
	for i := range w.Events {
		w.Events[i].At = eventtest.Day.Add(time.Duration(i) * time.Second)
	}
	return w
}

func TestWatch_ShowsWhatWaitsInATerminal(t *testing.T) {
	p := inTmux(t, attentive(t), 80, 24, "watch", "alice")
	p.shows("WAITING 2", "#dev 1", "@bob 1", "─── alice last seen checking 15:04:06 · 2 newer below")
	p.keys("v")
	p.shows("who sees what", " ok     sent", "WAIT?  sent", "alice: 2 waiting, 1 addressed to it", "checked its messages after this")
	p.keys("Up", "Enter")
	p.shows("WHO SEES IT", "bob    sender")
	p.tmux("resize-window", "-t", "story", "-x", "140", "-y", "40")
	p.shows("│  WHO SEES IT")
	p.keys("Escape", "w")
	p.shows("w everything", "after", "psst")
	p.keys("Escape", "/", "is:waiting", "Enter")
	p.shows("CHANNELS        WAITING", "is:waiting (2)", "FOLLOWING")
	p.keys("q")
	p.shows("ENDED WITH 0")
}

func TestTail_KnowsNotWhatWaits(t *testing.T) {
	got, code := inTerminal(t, attentive(t), "tail", "alice", "-q", "is:waiting").end(t)
	if code != exitUsage || !strings.Contains(got, "is:waiting is known in watch only") {
		t.Errorf("got %q and exit code %v, want to be told where it is known", got, code)
	}
	got, _ = inTerminal(t, attentive(t), "tail", "alice", "--all", "--no-follow", "--color", "never").end(t)
	if !strings.Contains(got, "15:04:06           alice   checked its messages (get_messages)\n") {
		t.Errorf("got %q, want the check as a line", got)
	}
}
