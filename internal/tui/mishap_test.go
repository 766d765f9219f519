package tui

import (
	"testing"

	"cslack-stream/internal/engine/event/eventtest"
)

// What goes wrong beside the view, such as with a recording, is not told only
// when it ends.
func TestModel_SaysWhatGoesWrongBesideIt(t *testing.T) {
	trouble := "recording ends here: no space left\x1b[2J"
	d := newDesk(t, Options{Mishap: func() string {
		defer func() { trouble = "" }()
		return trouble
	}})
	d.live()
	d.Update(tick(eventtest.Day))
	d.shows("recording ends here: no space left␛[2J")
	d.Update(toastEnd{d.toastID})
	d.Update(tick(eventtest.Day))
	d.hides("recording ends")
}
