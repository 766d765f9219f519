package tui

import (
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

func TestModel_SaysWhichFilterWasProbablyMeant(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(37)
	d.events(
		eventtest.Message(38, "incidents", eventtest.Carol, "x"), eventtest.Message(39, "two words", event.Agent{Name: "o'brien, j", Project: "p1"}, "x"),
		eventtest.DM(40, eventtest.Bob, eventtest.Alice, "psst"),
	)
	for _, tt := range []struct{ filter, want string }{
		{"from:bbo is:mention", "Did you mean   from:bob   (38 events)"},
		{"from:@bbo", "Did you mean   from:bob   (38 events)"},
		{"in:#incidnets", "Did you mean   in:#incidents   (1 event)"},
		{"in:incidnets", "Did you mean   in:#incidents   (1 event)"},
		{"from:o'brian,x", ""},
		{`from:"o'brien j"`, `Did you mean   from:"o'brien, j"   (1 event)`},
		{`in:"tow words"`, `Did you mean   in:"#two words"   (1 event)`},
		{"from:bob is:mention in:#incidnets", "Did you mean   in:#incidents   (1 event)"},
		{"from:zzzzzzzz", ""},
		{"-from:bbo nothing", ""},
	} {
		d.press("/")
		for range 80 {
			d.press("backspace")
		}
		d.press(tt.filter)
		d.shows("0 of 40 events match   "+tt.filter, "esc clears the filter")
		if tt.want == "" {
			d.hides("Did you mean")
		} else {
			d.shows(tt.want)
		}
		d.press("enter")
	}
	d.said(1) // changes nothing
	d.hides("Did you mean")
}
