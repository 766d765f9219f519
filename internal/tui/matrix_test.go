package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"

	tea "github.com/charmbracelet/bubbletea"
)

// others hands over events of the stream of who sees what, a second apart.
func (d *desk) others(events ...*event.Event) {
	d.Update(matrixNews{serial: d.matrix.serial, news: []news{{events: events}}, at: d.o.Now()})
}

func (d *desk) othersLive() {
	d.Update(matrixNews{serial: d.matrix.serial, news: []news{{state: &connection{phase: live}}}, at: d.o.Now()})
}

// office is a source in which alice, bob and carol talk.
type office struct {
	*eventtest.Source
	n int
}

func (o *office) add(e event.Event, to ...event.Agent) *event.Event {
	o.n++
	e.CreatedAt = eventtest.Day.Add(time.Duration(o.n) * time.Second)
	return o.Append(e, to...)
}

// talk is what everybody does before anybody looks.
func (o *office) talk() []*event.Event {
	alice, bob, carol := eventtest.Alice, eventtest.Bob, eventtest.Carol
	dm := eventtest.DM(4, bob, alice, "psst")
	both := dm
	both.Type, both.Agent = event.MessageNew, event.Agent{}
	return []*event.Event{
		o.add(eventtest.Message(1, "dev", bob, "merging"), alice, bob),
		o.add(checked(alice, "get_messages"), alice),
		o.add(eventtest.Message(2, "dev", bob, "@alice can you review?"), alice, bob),
		o.add(eventtest.Message(3, "all", alice, "hello all"), alice, bob, carol),
		o.add(both, alice, bob),
		o.add(dm, alice),
		o.add(eventtest.Joined("dev", carol), alice, bob, carol),
		o.add(checked(bob, "get_messages"), bob),
	}
}

// rowOf is the line of the screen that has s.
func (d *desk) rowOf(s string) string {
	for l := range strings.SplitSeq(d.View(), "\n") {
		if strings.Contains(l, s) {
			return strings.Join(strings.Fields(l[strings.Index(l, s)+len(s):]), " ")
		}
	}
	d.t.Fatalf("want %q on the screen:\n%s", s, d.View())
	return ""
}

func TestMatrix_ShowsWhoSeesWhat(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source})
	d.live()
	d.press("v")
	d.shows("who sees what", "○ connecting", "Connecting to the test")
	d.others(o.talk()...)
	d.othersLive()
	d.shows("● live", "alice: 2 waiting, 2 addressed to it · oldest 57s", "checked its messages after this was posted")
	for said, want := range map[string]string{
		"merging  ": "ok sent -", "@alice can you review?": "WAIT? sent -", "hello all": "sent ok ·",
		"psst": "WAIT? sent -", "joined": "JOIN",
	} {
		if got := d.rowOf(said); got != want {
			t.Errorf("%s: got %q, want %q", said, got, want)
		}
	}
	if strings.Count(d.View(), "psst") != 1 {
		t.Error("got a direct message and its arrival, want one row")
	}
	// Time alone changes what is known.
	d.Update(tick(eventtest.Day.Add(11 * time.Minute)))
	if got := d.rowOf("psst"); got != "WAIT sent -" {
		t.Errorf("ten minutes later: got %q, want WAIT sent -", got)
	}
	d.shows("oldest 10m57s")
	d.press("w")
	d.shows("psst", "w everything")
	d.hides("merging", "hello all")
	d.others(o.add(checked(eventtest.Alice, "get_messages"), eventtest.Alice))
	d.shows("Nothing waits for an agent of whom checks are known.", "w shows everything")
	d.press("w")
	if got := d.rowOf("psst"); got != "ok sent -" {
		t.Errorf("after a check: got %q, want ok sent -", got)
	}
	d.press("esc")
	d.hides("who sees what")
	d.shows("FOLLOWING")
}

func TestMatrix_InspectsAndMoves(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source})
	d.press("v")
	d.others(o.talk()...)
	d.othersLive()
	d.press("right")
	d.shows("▌bob")
	d.press("up", "enter")
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.shows("PAUSED", "message.new · direct message", "WHO SEES IT", "alice  WAIT? (last seen checking 15:04:07)", "bob    sender")
	d.press("up", "up")
	d.shows("▌15:04:08", "bob    sender")
	d.others(o.add(eventtest.Message(9, "dev", eventtest.Bob, "later"), eventtest.Alice, eventtest.Bob))
	d.shows("PAUSED +1 row")
	d.press("q")
	d.hides("WHO SEES IT")
	d.press("?")
	d.shows("who-sees: only waiting")
	d.press("q")
	d.shows("▌bob")
	d.press("q")
	d.shows("no filter")
}

// TestMatrix_MovesByHalfPages: the keys that move in the list move here too.
func TestMatrix_MovesByHalfPages(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source})
	d.press("v")
	d.others(o.talk()...)
	d.othersLive()
	d.hides("PAUSED")
	d.press("ctrl+u")
	d.shows("PAUSED")
}

func TestMatrix_SaysWhenItIsRefused(t *testing.T) {
	o := eventtest.NewSource()
	d := newDesk(t, Options{Source: o})
	d.live()
	o.Fail(event.ErrForbidden)
	d.press("v")
	d.Update(d.matrix.collect()())
	d.shows("who sees what is for operators", "FOLLOWING")
	if d.matrix != nil {
		t.Error("got it open still")
	}
	d.press("v")
	old := d.matrix.feed
	d.press("v")
	<-old.done
	d.press("v")
	if len(d.feeds) > 3 {
		t.Errorf("got %d feeds, want those that ended gone", len(d.feeds))
	}
}

func TestMatrix_OpensFromThePicker(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source, Pick: true})
	d.shows("v who sees what")
	d.press("v")
	d.shows("Connecting to the test")
	d.others(o.talk()...)
	d.othersLive()
	d.shows("hello all")
	d.press("v", "v")
	d.othersLive()
	d.shows("no check of any agent was recorded yet", "No messages yet.")
	d.press("esc")
	d.shows("Watch which agent?")
	d.press("a", "v")
	d.shows("> av")
}

func TestMatrix_ReadsAStreamOfItsOwn(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	o.talk()
	d := newDesk(t, Options{Source: o.Source})
	d.press("v")
	for cmd := d.matrix.collect(); !strings.Contains(d.View(), "● live"); cmd = d.matrix.collect() {
		d.Update(cmd())
	}
	d.shows("@alice can", "alice: 2 waiting")
	e := eventtest.Message(7, "dev", eventtest.Carol, "no audience")
	e.Cursor = event.Cursor{Epoch: "test1", Offset: 99}
	d.others(&e)
	d.shows("this source does not say who may see what")
}

// BenchmarkMatrix_Draw draws who sees what with many agents and rows: what
// every second costs while nothing happens.
func BenchmarkMatrix_Draw(b *testing.B) {
	o := &office{Source: eventtest.NewSource()}
	m := newModel(Options{Source: o.Source, Now: func() time.Time { return eventtest.Day }, Location: time.UTC})
	m.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	m.openMatrix()
	defer m.stopFeeds()
	var agents []event.Agent
	for i := range 50 {
		agents = append(agents, event.Agent{Name: fmt.Sprintf("agent%d", i), Project: "p1"})
	}
	var events []*event.Event
	for _, a := range agents {
		events = append(events, o.add(checked(a, "get_messages"), a))
	}
	for i := range 500 {
		events = append(events, o.add(eventtest.Message(int64(i), "dev", agents[i%50], "@agent1 one of many messages"), agents...))
	}
	m.Update(matrixNews{serial: m.matrix.serial, news: []news{{events: events}}, at: eventtest.Day})
	for b.Loop() {
		m.Update(tick(eventtest.Day.Add(time.Hour)))
		_ = m.View()
	}
}

func TestMatrix_BeginsWithAllWhoAreWatched(t *testing.T) {
	o := &office{Source: eventtest.NewSource()}
	d := newDesk(t, Options{Source: o.Source, Request: event.Request{Also: []event.Agent{eventtest.Carol}}})
	d.live()
	d.press("v")
	d.others(o.add(eventtest.Message(1, "dev", eventtest.Bob, "the last to be heard of"), eventtest.Alice, eventtest.Bob))
	d.othersLive()
	if got := d.matrix.agents; !slices.Equal(got, []event.Agent{eventtest.Alice, eventtest.Carol, eventtest.Bob}) {
		t.Errorf("got the columns %v, want alice and carol, who are watched, before bob", got)
	}
}
