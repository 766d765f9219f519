package tui

import (
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"

	tea "github.com/charmbracelet/bubbletea"
)

// runs runs a command and all that it leads to, but for what waits for time to
// pass.
func (p *player) runs(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			p.runs(c)
		}
	case situationTold:
		_, next := p.Update(msg)
		p.runs(next)
	}
}

// settles lets what is asked for be answered.
func (p *player) settles() {
	p.situation.asking, p.situation.at = false, time.Time{} // what newPlayer did not run
	p.runs(p.askSituation())
}

// newHistory is a replay of what happens in the channels dev and ops in six
// seconds, at some second.
func newHistory(t *testing.T, at int) *player {
	t.Helper()
	source := eventtest.NewSource()
	leaves := eventtest.Joined("ops", eventtest.Alice)
	leaves.Type = event.MemberLeft
	both := []event.Agent{eventtest.Alice, eventtest.Bob}
	for i, e := range []event.Event{
		eventtest.Joined("ops", eventtest.Alice), eventtest.Message(1, "ops", eventtest.Bob, "m1."),
		eventtest.Status(eventtest.Bob, "busy"), leaves,
		eventtest.Message(2, "dev", eventtest.Bob, "m2."), eventtest.Status(eventtest.Bob, "offline"),
	} {
		e.CreatedAt = eventtest.Day.Add(time.Duration(i) * time.Second)
		source.Append(e, both...)
	}
	p := &player{source: source, clock: eventtest.Day.Add(24 * time.Hour)}
	o := Options{Source: source, Replay: &Replay{Pace: replay.Pace{Speed: 1}}}
	if at >= 0 {
		o.Replay.At = eventtest.Day.Add(time.Duration(at) * time.Second)
	}
	p.desk = newDesk(t, o)
	p.Update(tea.WindowSizeMsg{Width: 140, Height: 35})
	p.read()
	return p
}

func TestPlayback_ShowsTheStateOfTheMoment(t *testing.T) {
	p := newHistory(t, 3)
	p.shows("Reading what was so then")
	p.settles()
	p.shows("state at 15:04:08", "#ops  alice, bob", "bob: busy since 15:04:07", "Who was a member before 15:04:05 was")
	p.hides("#dev")
	p.shows("v hide state", "q quit")
	p.press("right")
	p.settles()
	p.shows("state at 15:04:08", "was in no channel", "bob: busy")
	p.press("right", "right")
	p.settles()
	p.shows("state at 15:04:10", "#dev  alice, bob", "bob: offline since 15:04:10")
	p.press("up", "enter")
	p.shows("message.new")
	p.hides("state at")
	p.press("v")
	p.shows("state at 15:04:10")
	p.press("v")
	p.hides("state at")
}

// In a range that begins late, the channels are still those of the moment.
func TestPlayback_ChannelsAreThoseOfTheMoment(t *testing.T) {
	p := newHistory(t, -1)
	p.press(" ", "right", "right")
	shown := func(want ...string) {
		t.Helper()
		var got []string
		for _, tab := range p.channels.tabs(false, p.tally())[1:] {
			got = append(got, tab.Name)
		}
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("got the channels %v, want %v", got, want)
		}
	}
	shown("#ops")
	p.press("right", "right")
	shown()
	p.press("right")
	shown("#dev")
	p.press("v")
	p.settles()
	shown("#dev")
	p.channels = channels{} // as where the range begins here
	p.press("left", "left", "left")
	p.settles()
	shown("#ops")
}

func TestPlayback_AStateIsOneAgents(t *testing.T) {
	p := newHistory(t, 3)
	p.watch(eventtest.Alice, eventtest.Bob)
	p.press("v")
	p.shows("a state is what one agent could see")
	p.watch(eventtest.Bob)
	p.read()
	p.press("v")
	p.settles()
	p.shows("state at", "bob: busy")
	p.watch(eventtest.Alice)
	p.read()
	p.settles()
	p.shows("state at 15:04:08", "#ops")
	p.watch(eventtest.Alice, eventtest.Bob)
	p.read()
	p.hides("Reading what was so then")
	p.press("up", "enter")
	p.shows("message.new")
}

// Where playing ends, or is paused, the state is that of there.
func TestPlayback_TheStateIsThatOfWhereItStopped(t *testing.T) {
	p := newHistory(t, 2)
	p.settles()
	p.shows("state at 15:04:07")
	p.press(" ")
	p.passes(time.Second)
	_, cmd := p.Update(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}})
	p.runs(cmd)
	p.shows("PAUSED", "bob: busy since 15:04:07")
}

// What is inspected is the event, also after the state was closed.
func TestPlayback_AClosedStateStaysClosed(t *testing.T) {
	p := newHistory(t, 3)
	p.settles()
	p.press("esc")
	p.hides("state at")
	p.press("up", "enter")
	p.shows("message.new")
	p.hides("state at")
}

func TestPlayback_AStateThatFailedIsReadAgain(t *testing.T) {
	p := newHistory(t, 3)
	p.source.Fail(event.ErrUnavailable)
	p.settles()
	p.shows("can not be", "not available now. R tries again")
	p.source.Fail(nil)
	_, cmd := p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'R'}})
	p.runs(cmd)
	p.shows("state at 15:04:08", "#ops  alice, bob")
}

// Going live leaves the moment: the pane of its state closes, and channels
// that had been left then and are listed now are there again.
func TestPlayback_GoingLiveLeavesTheState(t *testing.T) {
	p := newHistory(t, 4)
	p.o.Replay.Live = true
	p.settles()
	p.shows("was in no channel")
	if ch := p.channels.get("ops", "#ops", event.KindChannel); !ch.gone {
		t.Error("got that alice is in ops, want that she left")
	}
	p.press("right", "right", "right")
	p.shows("this is the end")
	p.press("L")
	t.Cleanup(p.stopFeeds)
	p.hides("state at", "message.new ·", "this is the end")
	ops := p.channels.byID["ops"]
	if p.inspecting || !ops.gone {
		t.Error("got the pane, or that alice is in ops, want neither: nothing tells that she is")
	}
	p.Update(channelList{serial: p.serial, agent: eventtest.Alice, channels: []event.Channel{{ID: "ops", Name: "ops", Kind: event.KindChannel}}})
	if ops.gone {
		t.Error("got that alice left ops, want that she is in it now")
	}
}

func TestPlayback_AStateOfARangeWithoutEvents(t *testing.T) {
	source := eventtest.NewSource()
	p := &player{source: source, clock: eventtest.Day}
	p.desk = newDesk(t, Options{Source: source, Replay: &Replay{At: eventtest.Day.Add(-time.Minute)}})
	p.Update(tea.WindowSizeMsg{Width: 140, Height: 35})
	p.read()
	p.settles()
	p.shows("state at Fri 2 Jan 15:03:05", "was in no channel")
	p.hides("again")
}

// While it plays, channels that the state tells of are not missing because no
// event of them was played.
func TestPlayback_WhilePlayingChannelsOfTheStateAreThere(t *testing.T) {
	p := newHistory(t, 2)
	p.settles()
	p.press(" ")
	p.channels = channels{} // as where the range begins here
	p.settles()
	if p.channels.byID["ops"] == nil || p.playback.paused {
		t.Error("got no channel ops, want that of the state")
	}
}
