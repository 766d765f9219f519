package tui

import (
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"

	tea "github.com/charmbracelet/bubbletea"
)

// Names that differ only in what is not seen are told apart wherever they are
// shown.
func TestModel_DifferentNamesNeverLookTheSame(t *testing.T) {
	var infos []event.AgentInfo
	var said []event.Event
	for i, name := range []string{"bob\u202e", "bob\u202d", "bob\x1b[1m", "bob\u200b", "bob "} {
		a := event.Agent{Name: name, Project: "p1"}
		infos = append(infos, eventtest.Info(a))
		said = append(said, eventtest.Message(int64(i+1), "dev", a, "hello"), eventtest.Joined("dev", a))
	}
	d := newDesk(t, Options{Infos: infos})
	d.live()
	d.events(said...)
	d.Update(tea.WindowSizeMsg{Width: 120, Height: 35})
	names := []string{`bob\u202e`, `bob\u202d`, `bob\x1b[1m`, `bob\u200b`, `bob\x20`}
	d.shows(names...)
	d.press("a")
	d.shows(names...)
	d.press("esc", "/", `from:bob\u202e`, "enter")
	d.shows("(2)")
}

func TestModel_AHostileChannelIsListedOnce(t *testing.T) {
	const id = "dev\x1b[2J"
	d := newDesk(t, Options{})
	d.live()
	d.Update(channelList{serial: d.serial, channels: []event.Channel{{ID: id, Name: id, Kind: event.KindChannel}}})
	d.events(eventtest.Message(1, id, eventtest.Bob, "psst"), eventtest.Message(2, "other", eventtest.Bob, "aloud"))
	if got := len(d.channels.all); got != 2 {
		t.Errorf("got %d channels, want 2: one is another than that of its messages", got)
	}
	d.press("c", "dev", "enter")
	d.shows("psst")
	d.hides("aloud")
	d.press("esc", "up", "f", "in:", "enter")
	d.shows("psst", "(1)")
}
