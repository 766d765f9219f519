package tui

import (
	"testing"

	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/timeline"
)

func TestModel_FollowsAThread(t *testing.T) {
	d := newDesk(t, Options{Bounds: timeline.Options{Events: 8}})
	d.live()
	d.events(
		eventtest.Message(1, "dev", eventtest.Bob, "who reviews\nthis?"), eventtest.Message(2, "dev", eventtest.Carol, "lunch"),
		inAThread(eventtest.Message(3, "dev", eventtest.Carol, "I do"), "1"),
		inAThread(eventtest.Message(4, "dev", eventtest.Bob, "thanks"), "1"),
		inAThread(eventtest.Message(5, "ops", eventtest.Bob, "elsewhere"), "77"), eventtest.Message(6, "dev", eventtest.Carol, "back"),
	)
	d.shows("who reviews ⏎ this?", "↳2")
	d.press("o")
	d.shows("this event is in no thread")
	d.press("up", "O")
	d.shows("nothing further above is in this thread")
	d.press("enter")
	d.shows("#77 (1 message, o goes to the next)")
	d.press("esc", "up", "O")
	d.shows("▌15:04:08 #dev     carol  I do")
	d.press("O", "enter")
	d.shows("▌15:04:06 #dev     bob    who reviews", `#1 bob "who reviews`, "(3 messages, o goes to the next)")
	d.press("o", "o")
	d.shows("▌15:04:09 #dev     bob    thanks")
	d.press("o")
	d.shows("nothing further below is in this thread")
	d.press("esc", "G")
	d.said(6) // lets the first message and the reply to it go
	d.shows("m12")
	d.press("G", "g", "down", "enter")
	d.hides("#1 bob", "↳")
	if got := d.timeline.Replies("1"); got != 0 {
		t.Errorf("got %d replies held of what was let go, want none", got)
	}
	if got := d.timeline.Replies("77"); got != 1 {
		t.Errorf("got %d replies held, want the one that is", got)
	}
}
