package tui

import (
	"context"
	"errors"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"

	tea "github.com/charmbracelet/bubbletea"
)

// oracle explains events, and notes what it was asked.
type oracle struct {
	asked []string
	err   error
}

func (o *oracle) why(_ context.Context, id string, a event.Agent) (event.Why, error) {
	o.asked = append(o.asked, id+" "+a.String())
	return event.Why{Delivered: a != eventtest.Carol, Rule: event.RuleMember, Channel: "#" + id + "\x1b[2J", Unknown: true}, o.err
}

// rest looks at what is selected for long enough, and waits for the answer.
func (d *desk) rest() {
	d.t.Helper()
	if q := d.reasons.resting; q.id != "" {
		d.restOn(q)
	}
}

// restOn is what happens when one began to look at something 150 ms ago.
func (d *desk) restOn(q question) {
	if _, cmd := d.Update(rested{q}); cmd != nil {
		d.Update(cmd())
	}
}

func TestWhy_IsToldOfWhatOneRestsOn(t *testing.T) {
	o := &oracle{}
	d := newDesk(t, Options{Why: o.why})
	d.live()
	d.said(9)
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.press("up")
	if d.reasons.resting.id != "" {
		t.Error("got asked why something is there that is not inspected")
	}
	d.press("enter")
	passed := d.reasons.resting
	d.press("up", "up")
	d.shows("alice@webapp is a member of")
	d.restOn(passed)
	if len(o.asked) != 0 {
		t.Fatalf("got %v asked, want nothing about what was passed by", o.asked)
	}
	d.rest()
	const said = "alice@webapp got it: it was a"
	d.shows(said, "#test1-6␛[2J", "nothing")
	d.hides("is a member of")
	d.press("up")
	d.hides(said)
	d.rest()
	d.press("down")
	d.shows("#test1-6")
	if want := []string{"test1-6 alice:p1", "test1-5 alice:p1"}; len(o.asked) != 2 || o.asked[0] != want[0] || o.asked[1] != want[1] {
		t.Errorf("got %v asked, want each once: %v", o.asked, want)
	}
	o.err = errors.New("no answer")
	d.press("up", "up")
	d.rest()
	d.shows("alice@webapp is a member of")
}

func TestWhy_IsToldOfOthersWhenAskedFor(t *testing.T) {
	o := &oracle{}
	d := aliceAndBob(t, Options{Why: o.why})
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.press("g", "down", "enter")
	d.rest()
	if len(o.asked) != 0 {
		t.Errorf("got %v asked at once, want nothing", o.asked)
	}
	d.shows("WHO SEES IT   W says why", "alice  no check ever recorded")
	d.finish(d.press("W"))
	d.shows("bob@webapp got it: it was a", "carol:p2 did not get it")
	d.hides("W says why")
	if len(o.asked) != 3 {
		t.Errorf("got %v asked, want alice, bob and carol", o.asked)
	}
	d = newDesk(t, Options{})
	d.live()
	d.said(1)
	d.press("enter", "W")
	d.shows("this source does not say why")
}
