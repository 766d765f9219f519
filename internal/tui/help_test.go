package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestModel_SearchesTheKeys(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(3)
	d.press("?")
	d.shows("MOVE", "half a page up", "/ search")
	d.press("half")
	d.shows(" / half", "MOVE", "half a page up", "half a page down")
	d.hides("CHOOSE", "pause or follow")
	d.press(" qq")
	d.shows("No key is called like that")
	d.press("esc")
	d.shows("pause or follow")
	d.press("/", "quit at")
	d.shows("ctrl+c")
	d.hides("MOVE")
	d.press("enter")
	d.shows("m3", "FOLLOWING")
	d.press("?")
	d.shows("pause or follow") // nothing is left of the search
	d.Update(tea.WindowSizeMsg{Width: 60, Height: 10})
	d.hides("PROGRAM")
	for range 100 {
		d.press("down")
	}
	d.shows("suspend")
	d.press("q")
	d.shows("m3")
}
