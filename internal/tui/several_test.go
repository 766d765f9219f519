package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/query"

	tea "github.com/charmbracelet/bubbletea"
)

// seenBy gives an event an audience.
func seenBy(e event.Event, agents ...event.Agent) event.Event {
	var roster event.Roster
	var set event.Bitmap
	for _, a := range agents {
		set.Add(roster.Add(a))
	}
	e.Audience = roster.Intern(set)
	return e
}

// aliceAndBob is a view of both, with an event for each and one for both.
func aliceAndBob(t *testing.T, o Options) *desk {
	t.Helper()
	o.Request.Also = []event.Agent{eventtest.Bob}
	d := newDesk(t, o)
	d.live()
	d.events(
		seenBy(eventtest.Message(1, "dev", eventtest.Carol, "for both"), eventtest.Alice, eventtest.Bob, eventtest.Carol),
		seenBy(eventtest.Message(2, "ops", eventtest.Carol, "for alice"), eventtest.Alice, eventtest.Carol),
		seenBy(eventtest.Message(3, "ops", eventtest.Carol, "for bob"), eventtest.Bob),
	)
	return d
}

func TestSeveral_OneListWithWhoSeesWhat(t *testing.T) {
	d := aliceAndBob(t, Options{})
	d.shows("alice + bob", "who sees it: a alice@webapp, b bob@webapp", "3 events",
		"15:04:06 ab #dev", "15:04:07 a· #ops", "15:04:08 ·b #ops")
	d.press("enter")
	d.shows("seen by  bob@webapp; not by alice@webapp", "why      bob@webapp is a member of the channel")
	d.press("k", "k")
	d.shows("seen by  alice@webapp, bob@webapp\n", "why      alice@webapp is a member of the channel")
	d.press("esc", "esc", "/")
	d.Update(toastEnd{d.toastID})
	d.Update(tea.WindowSizeMsg{Width: 110, Height: 24})
	d.shows("only:alice word from:bob")
	d.press("only:bob")
	d.shows("1 of 3 match", "for bob")
	d.hides("for alice", "for both")
	d.press(",carol")
	d.shows("only:carol is none of those watched, want one of alice@webapp bob@webapp", "not yet a filter")
}

func TestSeveral_FilterNeedsThem(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(2)
	d.press("/", "seen:alice")
	d.shows("seen: tells several agents apart: watch more than one", "not yet a filter")
	d.press("enter")
	d.shows("/ seen:alice")
}

func TestSeveral_PickedWithTab(t *testing.T) {
	d := newDesk(t, Options{Pick: true})
	d.shows("tab several", "enter watch  ")
	d.press("tab", "down", "tab") // alice and carol
	d.shows("●  alice", "●  carol", "   bob", "▌ everything", "enter watch 2 marked", "esc quit")
	d.press("up")
	d.shows("●▌ carol")
	d.press("tab")
	d.shows("enter watch 1 marked", "   carol")
	d.press("up", "up", "tab", "enter")
	d.shows("alice + bob", "who sees it: a alice@webapp, b bob@webapp")
	d.live()
	d.events(seenBy(eventtest.Message(1, "dev", eventtest.Carol, "for bob"), eventtest.Bob))
	d.shows("·b #dev")
	if got := fmt.Sprint(d.summary().Addresses); got != "[alice@webapp bob@webapp]" {
		t.Errorf("got addresses %s, want both to resume with", got)
	}
	if got := d.request(); !got.Audience || got.Agent != eventtest.Alice || len(got.Also) != 1 || got.Also[0] != eventtest.Bob {
		t.Errorf("got request %+v, want alice and bob with audiences", got)
	}

	// Another one alone, with the filter of before.
	d.press("/", "only:bob", "enter")
	d.shows("only:bob (1)")
	d.press("a", "tab")
	d.Update(toastEnd{d.toastID})
	d.shows("enter watch 1 marked", "esc back")
	d.press("esc") // what was marked is forgotten
	d.press("a", "ali", "enter")
	d.shows("alice@webapp", "filter cleared, it asks about others: only:bob", "no filter")
	d.live()
	d.events(seenBy(eventtest.Message(2, "dev", eventtest.Carol, "alone"), eventtest.Alice))
	d.shows(":07 #dev")
	if got := d.request(); got.Audience || len(got.Also) > 0 || got.Operator {
		t.Errorf("got request %+v, want alice alone", got)
	}
	d.press("a", "everyth", "tab")
	d.shows("everything is watched alone")
	d.press("enter")
	if got := d.request(); !got.Operator || d.summary().Addresses != nil {
		t.Errorf("got request %+v of %v, want everything", got, d.summary().Addresses)
	}
}

func TestSeveral_PickedUpToALimit(t *testing.T) {
	d := newDesk(t, Options{Pick: true})
	var infos []event.AgentInfo
	for i := range 10 {
		infos = append(infos, eventtest.Info(event.Agent{Name: fmt.Sprintf("agent%d", i), Project: "p"}))
	}
	d.Update(agentList{infos})
	for range 9 {
		d.press("tab")
	}
	d.shows("at most 8 agents can be watched together")
	d.press("enter")
	d.shows("agent0 + agent1 + 6 more")
	if got := len(d.summary().Addresses); got != 8 {
		t.Errorf("got %d agents, want 8", got)
	}
}

// A channel of two is called as the first calls it; direct channels of the
// same name are told apart.
func TestSeveral_Channels(t *testing.T) {
	of := map[event.Agent][]event.Channel{
		eventtest.Alice: {{ID: "dev", Name: "dev"}, direct(eventtest.Alice, eventtest.Carol), direct(eventtest.Alice, eventtest.Bob)},
		eventtest.Bob:   {{ID: "dev", Name: "dev"}, direct(eventtest.Alice, eventtest.Bob), direct(eventtest.Bob, eventtest.Carol)},
	}
	d := aliceAndBob(t, Options{Channels: func(_ context.Context, a event.Agent) ([]event.Channel, error) { return of[a], nil }})
	for _, a := range d.agents {
		d.Update(d.listChannels(a)())
	}
	var names []string
	for _, tab := range d.channels.tabs(false, d.tally()) {
		names = append(names, tab.Name)
	}
	if got, want := strings.Join(names, " | "), "ALL | #dev | #ops | @bob | @carol of alice | @carol of bob"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func direct(a, b event.Agent) event.Channel {
	return event.Channel{ID: "dm:" + a.Name + b.Name, Kind: event.KindDirect, Members: []string{a.String(), b.String()}}
}

// What is given to begin with holds until others are watched.
func TestSeveral_FilterToBeginWith(t *testing.T) {
	q, err := query.Parse("only:alice", query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := aliceAndBob(t, Options{Query: q})
	d.shows("for alice", "only:alice (1)")
	d.hides("for bob", "for both")
}

func TestSeveral_HostileNames(t *testing.T) {
	evil := event.Agent{Name: "\x1b[2J\x9b31mbob\u202e\n", Project: "p1"}
	d := newDesk(t, Options{})
	for _, agents := range [][]event.Agent{{evil}, {evil, eventtest.Alice}, {eventtest.Alice, evil, evil}} {
		d.watch(agents...)
		d.live()
		d.events(seenBy(eventtest.Message(1, "dev", evil, "x"), eventtest.Alice), seenBy(eventtest.Message(2, "dev", evil, "y"), evil))
		for _, keys := range [][]string{{}, {"]"}, {"enter"}, {"esc", "c"}, {"esc", "/"}, {"only:zoe"}, {"esc", "esc", "a"}, {"tab"}, {"esc"}} {
			d.press(keys...)
			for l := range strings.SplitSeq(d.View(), "\n") {
				if strings.ContainsFunc(l, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e }) {
					t.Fatalf("%q after %q: got a line that a terminal would obey: %q", agents, keys, l)
				}
			}
		}
	}
}

func TestSeveral_ReadsOneStream(t *testing.T) {
	src := eventtest.NewSource()
	src.Append(eventtest.Message(1, "dev", eventtest.Carol, "one"), eventtest.Bob)
	src.Append(eventtest.Message(2, "dev", eventtest.Carol, "two"), eventtest.Alice, eventtest.Bob)
	src.Append(eventtest.Message(3, "dev", eventtest.Carol, "three"), eventtest.Carol)
	o := Options{Source: src}
	o.Request.Also = []event.Agent{eventtest.Bob}
	d := newDesk(t, o)
	for d.timeline.Events() < 2 {
		d.Update(collect(d.feed, d.serial)())
	}
	d.shows("·b #dev", "one", "ab #dev", "two", "2 events")
	if got := src.Streams(); got != 1 {
		t.Errorf("got %d streams, want 1", got)
	}
}

// What is told of a view is not hidden by whose the letters are.
func TestModel_TellsOfSeveralWhereTheyAreRecorded(t *testing.T) {
	d := newDesk(t, Options{Watching: func(event.Request) string { return "recorded in it-2" }})
	d.watch(eventtest.Alice, eventtest.Bob)
	d.shows("recorded in it-2; who sees it: a alice")
	d.watch(eventtest.Bob)
	d.shows("recorded in it-2")
}
