package tui

import (
	"encoding/json"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/query"
)

// inAThread is a message in a thread.
func inAThread(e event.Event, thread string) event.Event {
	var m event.Message
	if json.Unmarshal(e.Payload, &m) != nil {
		panic("no message")
	}
	m.ThreadID = &thread
	e.Payload, _ = json.Marshal(m)
	return e
}

func TestModel_FiltersByTheSelectedEvent(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(3)
	d.events(eventtest.Message(4, "ops", eventtest.Carol, "the disk is full"), inAThread(eventtest.Message(5, "ops", eventtest.Bob, "which one"), "4"))
	d.press("f")
	d.shows("Show only what is", "from its sender", "from:bob@webapp", "in:#ops", "type:message.new", "thread:4", "-from:bob@webapp", "-in:#ops")
	d.press("thread", "enter")
	d.shows("thread:4 (2)", "the disk is full", "which one")
	d.hides("m3")
	d.press("up", "f", "-from", "enter")
	d.shows("thread:4 -from:carol:p2", "which one")
	d.hides("the disk is full")
	d.press("esc", "/", "up", "enter")
	d.shows("(1)")
	d.press("esc", "f", "esc")
	d.shows("no filter")
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 2}})
	d.press("G", "f")
	d.shows("no event is selected to filter by")
}

// TestModel_OffersOnlyWhatHolds asks for every odd name that the condition
// offered for an event holds for that event, and its opposite does not.
func TestModel_OffersOnlyWhatHolds(t *testing.T) {
	odd := []string{"@bob", "two words", `quo"te`, "a,b", `back\`, "-dash", "\x1b[31mred", "日本語", "a:b", "/re/", "system", "#hash"}
	for _, name := range odd {
		d := newDesk(t, Options{})
		d.events(inAThread(eventtest.Message(1, name, event.Agent{Name: name, Project: "p1"}, "hello"), name))
		r := d.record()
		offered := 0
		d.quickFilter()
		for _, c := range d.picker.all {
			q, err := query.Parse(c.columns[1], query.Options{})
			if err != nil {
				t.Fatalf("%q: %q: %v", name, c.columns[1], err)
			}
			if q.Match(r) == (c.columns[1][0] == '-') {
				t.Errorf("%q: got %q offered, which does not hold", name, c.columns[1])
			}
			offered++
		}
		// A name that the terminal would obey is not matched by its picture.
		if want := 6; offered < want {
			t.Errorf("%q: got %d conditions, want %d at least: %v", name, offered, want, d.picker.all)
		}
	}
}
