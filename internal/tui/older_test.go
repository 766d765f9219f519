package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// library is a desk on a source of n messages, m1 and so on, of which the
// newest are in the list.
func library(t *testing.T, o Options, n, newest int) (*desk, *eventtest.Source) {
	t.Helper()
	source := eventtest.NewSource()
	var all []*event.Event
	for i := 1; i <= n; i++ {
		e := eventtest.Message(int64(i), "dev", eventtest.Bob, fmt.Sprintf("m%d", i))
		e.CreatedAt = eventtest.Day.Add(time.Duration(i) * time.Second)
		all = append(all, source.Append(e, eventtest.Alice))
	}
	if o.Source == nil {
		o.Source = source
	}
	d := newDesk(t, o)
	d.tell(news{state: &connection{phase: live}, cursor: source.Latest()})
	if newest > 0 {
		d.tell(news{events: all[n-newest:], past: true, cursor: source.Latest()})
	}
	return d, source
}

// runs hands over what a command tells, and what follows from that; toasts
// need not end.
func (d *desk) runs(cmd tea.Cmd) {
	d.t.Helper()
	if cmd == nil {
		return
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	select {
	case msg := <-done:
		if several, ok := msg.(tea.BatchMsg); ok {
			for _, c := range several {
				d.runs(c)
			}
			return
		}
		_, next := d.Update(msg)
		if _, ok := msg.(toastEnd); !ok {
			d.runs(next)
		}
	case <-time.After(500 * time.Millisecond): // a toast
	}
}

func TestModel_LoadsOlderEvents(t *testing.T) {
	d, _ := library(t, Options{}, 1200, 20)
	d.press("g")
	d.shows("m1181")
	load := d.press("up")
	d.shows("loading 500 older events…", "m1181")
	d.hides("m1180")
	if cmd := d.press("h"); cmd != nil {
		t.Error("got events loaded twice at a time")
	}
	_, _ = d.Update(load())
	d.shows("m1180", "m1181", "500 older events loaded", "PAUSED")
	d.hides("loading 500")
	d.press("g")
	_, _ = d.Update(d.press("pgup")())
	d.press("g")
	_, _ = d.Update(d.press("h")())
	d.shows("m181", "180 older events loaded")
	d.press("g")
	d.shows("this is the oldest event that is kept", "m1\n")
	d.press("h")
	d.shows("there are no older events")
	d.press("G")
	d.hides("oldest event that is kept")
	d.shows("m1200", "FOLLOWING", "1200 events")
}

func TestModel_PlaceStaysWhileOlderEventsCome(t *testing.T) {
	d, _ := library(t, Options{}, 1000, 40)
	d.press("up", "up")
	before := strings.Split(d.View(), "\n")[2:21]
	_, _ = d.Update(d.press("h")())
	if after := strings.Split(d.View(), "\n")[2:21]; strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Errorf("the list moved:\n%s\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	if n := d.timeline.Events(); n != 540 {
		t.Errorf("got %d events, want 540", n)
	}
}

func TestModel_LoadsBeyondWhatIsNotToBeShown(t *testing.T) {
	odd := func(r *line.Record) bool { return r.Text == "m3" || strings.HasPrefix(r.Text, "m119") }
	d, _ := library(t, Options{Admit: odd}, 1200, 20)
	d.press("g")
	cmd := d.press("h")
	for range 3 {
		_, cmd = d.Update(cmd())
	}
	d.shows("this is the oldest event that is kept", "m3\n", "2 older events loaded")
}

func TestModel_ShowsTheLastEventsOfAnEmptyList(t *testing.T) {
	d, source := library(t, Options{}, 200, 0)
	d.runs(d.lookForLatest())
	d.shows("Waiting for alice@webapp's next event", "The last thing that happened here was", "m200", "h shows the last 50 events")
	source.Append(eventtest.Message(201, "dev", eventtest.Bob, "m201"), eventtest.Alice)
	_, _ = d.Update(d.press("h")())
	d.shows("m200", "50 older events loaded", "FOLLOWING")
	d.hides("m201") // it comes with the stream
	if got := d.timeline.Oldest().Text; got != "m151" {
		t.Errorf("got %s as the oldest, want m151", got)
	}
}

func TestModel_SaysWhyOlderEventsDoNotCome(t *testing.T) {
	d, source := library(t, Options{}, 100, 20)
	source.Fail(errors.New("the disk\x1b[2J is full"))
	_, _ = d.Update(d.press("h")())
	d.shows("older events can not be loaded: the disk␛[2J is full")
	source.Fail(nil)
	load := d.press("h")
	d.press("a", "bob", "enter")
	_, _ = d.Update(load()) // of an agent who is not watched any more
	d.hides("m80")
	blind, _ := library(t, Options{Source: struct{ event.Source }{source}}, 10, 5)
	blind.press("h")
	blind.shows("this source can not look back")
	full, _ := library(t, Options{Bounds: timeline.Options{Events: 300}}, 1000, 300)
	full.press("h")
	full.shows("the list is full: g goes to its oldest row")
}

func TestModel_LoadsAgainWhatTheListChangedUnder(t *testing.T) {
	d, _ := library(t, Options{Bounds: timeline.Options{Events: 120}}, 1000, 100)
	load := d.press("h")
	var more []event.Event
	for i := range 60 {
		more = append(more, eventtest.Message(int64(1001+i), "dev", eventtest.Bob, "more"))
	}
	d.offset = 1000
	d.events(more...)
	_, again := d.Update(load())
	d.shows("the list is full")
	if again == nil || d.timeline.Events() > 120 {
		t.Errorf("got %d events, want no hole and no more than the bound", d.timeline.Events())
	}
}

func TestModel_LoadsWhatWasLetGoWhilePaused(t *testing.T) {
	d, source := library(t, Options{Bounds: timeline.Options{Events: 3000}}, 300, 300)
	d.press("up")
	d.offset = 300
	var all []*event.Event
	for i := 301; i <= 9000; i++ {
		e := eventtest.Message(int64(i), "dev", eventtest.Bob, fmt.Sprintf("m%d", i))
		all = append(all, source.Append(e, eventtest.Alice))
	}
	d.tell(news{events: all, cursor: source.Latest()})
	d.shows("m299", "PAUSED", "+8700 new below")
	d.press("}")
	d.shows("let go while paused", "enter loads them", "enter load")
	before, from := d.inspected().Missing.Count, d.inspected().Missing.From.Offset
	d.runs(d.press("enter"))
	first := d.inspected().Record
	if first == nil || first.Text != fmt.Sprintf("m%d", from+1) {
		t.Fatalf("got %v in the place of the gap, want the first that was missing", first)
	}
	d.shows("500 events loaded", "▌", first.Text)
	d.press("}")
	if got := d.inspected().Missing.Count; got > before-499 || got < before-500 {
		t.Errorf("got %d missing of %d after 500 were loaded", got, before)
	}
	// What retention removed meanwhile is gone for good.
	source.Trim(event.Cursor{Epoch: source.Latest().Epoch, Offset: 5000})
	d.runs(d.press("enter"))
	d.shows("no longer retained")
	d.press("enter")
	d.shows("can not be loaded")
}

func TestReadUpTo_StopsAtTheCursor(t *testing.T) {
	source := eventtest.NewSource()
	for i := range 10 {
		source.Append(eventtest.Message(int64(i+1), "dev", eventtest.Bob, "hello"), eventtest.Alice)
	}
	at := func(n int64) event.Cursor { return event.Cursor{Epoch: "test1", Offset: n} }
	for _, tt := range []struct {
		to   event.Cursor
		n    int
		want int
		up   event.Cursor
	}{{at(6), 100, 3, event.Cursor{}}, {at(6), 2, 2, at(4)}, {at(6), 3, 3, event.Cursor{}}, {at(99), 100, 8, event.Cursor{}}} {
		req := event.Request{Agent: eventtest.Alice, After: at(2)}
		got, up, err := readUpTo(context.Background(), source, req, tt.to, tt.n)
		if len(got) != tt.want || up != tt.up || err != nil {
			t.Errorf("to %v, %d: got %d events up to %v and %v, want %d up to %v", tt.to, tt.n, len(got), up, err, tt.want, tt.up)
		}
	}
	if source.Streams() != 0 {
		t.Error("a stream was left open")
	}
}
