package tui

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"

	tea "github.com/charmbracelet/bubbletea"
)

// checked is the event of an agent that was seen checking.
func checked(a event.Agent, tool string, channels ...string) event.Event {
	data, err := json.Marshal(event.Checked{Name: a.Name, ProjectID: &a.Project, Tool: tool, Channels: channels})
	if err != nil {
		panic(err)
	}
	return event.Event{Type: event.AgentChecked, EntityType: "agent", EntityID: a.String(), Payload: data}
}

func TestModel_CountsWhatWaitsOnceACheckIsKnown(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(4)
	d.shows("NEW 4", "#dev 4")
	d.events(checked(eventtest.Alice, "get_messages"))
	d.said(2)
	d.events(eventtest.Message(8, "ops", eventtest.Alice, "mine"), eventtest.Message(9, "ops", eventtest.Bob, "in ops"))
	d.shows("WAITING 3", "#dev 2", "#ops 1", "─── alice last seen checking 15:04:10 · 3 newer below ─", "8 events")
	d.hides("NEW", "checked its messages")
	d.events(checked(eventtest.Alice, "get_messages", "ops"))
	d.shows("#dev 2", "#ops ", "alice last seen checking ops 15:04:15 · 2 waiting")
	d.hides("#ops 1", "15:04:10")
	d.events(checked(eventtest.Alice, "search_messages"))
	d.shows("alice last seen checking ops 15:04:15 · 2 waiting", "searched its messages (search_messages)")
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 7}})
	d.shows("2+ waiting")
	d.events(checked(eventtest.Alice, "get_messages"))
	d.shows("alice last seen checking 15:04:17 · nothing newer")
	d.hides("WAITING 2")
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.said(1)
	d.shows("CHANNELS        WAITING", "1 newer below")
}

func TestModel_MovesTheRuleOfTheNewestCheck(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.events(checked(eventtest.Alice, "get_messages"))
	d.said(3)
	d.press("{", "{", "enter")
	d.shows("▌── alice last seen checking 15:04:06 · 3 newer below", "does not record a call that repeats")
	d.press("esc", "down", "down", "enter")
	d.shows("last seen checking 15:04:06, before this was posted")
	d.events(checked(eventtest.Alice, "get_messages"))
	d.shows("alice was seen checking 15:04:06", "ok: checked at 15:04:10")
	d.press("esc", "G")
	d.shows("alice last seen checking 15:04:10 · nothing newer")
	d.hides("15:04:06 ─", "was seen checking")
	d.events(checked(eventtest.Bob, "get_messages"))
	d.shows("bob    checked its messages (get_messages)")
}

func TestModel_BeginsWithTheCheckBefore(t *testing.T) {
	at := eventtest.Day.Add(2500 * time.Millisecond).Format(time.RFC3339Nano)
	alice := eventtest.Info(eventtest.Alice)
	alice.CheckedAt = &at
	d := newDesk(t, Options{Infos: []event.AgentInfo{alice}})
	d.said(4)
	d.live()
	d.shows("WAITING 2", "alice last seen checking 15:04:07 · 2 newer below")
	d.press("g", "}")
	d.shows("PAUSED", "▌── alice last seen checking")

	late := eventtest.Day.Add(time.Hour).Format(time.RFC3339Nano)
	alice.CheckedAt = &late
	d = newDesk(t, Options{Infos: []event.AgentInfo{alice}})
	d.said(4)
	d.hides("last seen checking")
	d.live()
	d.shows("alice last seen checking 16:04:05 · nothing newer")
	d = newDesk(t, Options{Infos: []event.AgentInfo{alice}, Request: event.Request{Filter: event.Filter{Channels: []string{"dev"}}}})
	d.live()
	d.said(1)
	d.shows("NEW 1") // a stream of one channel does not tell who checks
	d.hides("last seen checking")
}

func TestModel_AsksForChecksBesidesTypes(t *testing.T) {
	// As soon as the log has such events.
	want := slices.Contains(event.Types, event.AgentChecked)
	d := newDesk(t, Options{Request: event.Request{Filter: event.Filter{Types: []string{"message.*"}}}})
	if got := d.feed.req.Filter.Admits(event.AgentChecked); got != want {
		t.Errorf("got checks asked for: %v, want %v", got, want)
	}
	d.live()
	d.said(1)
	d.events(checked(eventtest.Bob, "get_messages"))
	d.hides("checked its messages") // nobody asked to see them
}

func TestModel_FiltersWhatWaits(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(2)
	d.press("/", "is:waiting", "enter")
	d.shows("0 of 2 events match   is:waiting", "No check of alice@webapp was ever recorded")
	d.events(checked(eventtest.Alice, "get_messages"))
	d.said(2)
	d.shows("is:waiting (2)", "m4", "m5")
	d.hides("m1")
	d.events(checked(eventtest.Alice, "get_messages"))
	d.shows("0 of 4 events match")
	d.said(1)
	d.shows("is:waiting (1)", "m7")
}

func TestModel_ShowsWhoIsThereAtTheSide(t *testing.T) {
	d := newDesk(t, Options{})
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.live()
	d.said(2)
	d.events(checked(eventtest.Alice, "get_messages"), eventtest.Joined("dev", event.Agent{Name: "erin", Project: "p1"}))
	d.shows("AGENTS", "● alice checked 57s ", "● bob   active 58s", "○ carol never active", "○ erin  joined 56s ", "THIS SESSION", "  3 events")
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 18})
	d.shows("AGENTS")
	d.Update(tea.WindowSizeMsg{Width: 129, Height: 40})
	d.hides("AGENTS")
}

func TestModel_CountsWhatWaitsForWhomForAnOperator(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source})
	d.press("a", "everything", "enter")
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.live()
	d.tell(news{events: o.talk()})
	d.shows("AGENTS           waiting", "● alice active 56s     2 │", "● bob   checked 52s", "○ carol joined 53s")
	d.press("up", "up", "up", "up", "enter")
	d.shows("WHO SEES IT", "alice  WAIT? (last seen checking", "bob    sender")
}

func TestModel_ListsWhoElseSeesIt(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source})
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.live()
	d.tell(news{events: o.talk()[2:4]})
	d.press("up", "enter")
	d.shows("WHO ELSE SEES IT", "  bob  sender")
	d.press("down")
	d.shows("  bob\n", "  carol\n") // their checks are not in this stream
}

func TestModel_SaysInThePickerWhatWaits(t *testing.T) {
	at, seven, none := eventtest.Day.Format(time.RFC3339), int64(7), int64(0)
	alice, bob, carol := eventtest.Info(eventtest.Alice), eventtest.Info(eventtest.Bob), eventtest.Info(eventtest.Carol)
	alice.CheckedAt, alice.Waiting = &at, &seven
	bob.CheckedAt, bob.Waiting = &at, &none
	carol.Waiting = &seven
	d := newDesk(t, Options{Pick: true})
	d.Update(agentList{[]event.AgentInfo{alice, bob, carol}})
	d.shows("0 channels   7 waiting", "0 channels   up to date")
	d.press("carol")
	d.hides("waiting", "up to date")
}
