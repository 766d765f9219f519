package tui

import (
	"reflect"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event/eventtest"

	tea "github.com/charmbracelet/bubbletea"
)

func (d *desk) mouseAt(x, y int, b tea.MouseButton) tea.Cmd {
	d.View() // as tea does after every message
	_, cmd := d.Update(tea.MouseMsg{X: x, Y: y, Button: b, Action: tea.MouseActionPress})
	return cmd
}

func TestModel_SelectsByClicks(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(50)
	d.shows("FOLLOWING")
	d.mouseAt(3, 5, tea.MouseButtonLeft)
	d.shows("FOLLOWING") // it is off
	d.press("M")
	d.shows("mouse on: to select text hold shift")
	for _, size := range [][2]int{{80, 24}, {80, 9}, {140, 40}} {
		d.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		for _, wrap := range []bool{false, true} {
			if d.wrap != wrap {
				d.press("w")
			}
			d.press("G")
			at := strings.Split(d.View(), "\n")
			x, y := d.layout().ListAt()
			x, y = x+2, y+2
			want := at[y]
			d.mouseAt(x, y, tea.MouseButtonLeft)
			if got := strings.Split(d.View(), "\n")[y]; !strings.Contains(got, "▌") || strings.Replace(got, "▌", " ", 1) != want {
				t.Errorf("%v: got %q after a click, want %q selected", size, got, want)
			}
			d.press("G")
			for _, outside := range [][2]int{{x, 0}, {x, size[1] - 1}, {x, size[1] - 2}} {
				d.mouseAt(outside[0], outside[1], tea.MouseButtonLeft)
				d.shows("FOLLOWING")
			}
		}
	}
	d.press("G", "M")
	d.shows("mouse off")
	d.mouseAt(3, 5, tea.MouseButtonLeft)
	d.shows("FOLLOWING")
}

func TestModel_SelectsWrappedRowsByClicks(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.events(eventtest.Message(1, "dev", eventtest.Bob, strings.Repeat("word ", 60)), eventtest.Message(2, "dev", eventtest.Bob, "short"))
	d.press("w", "M")
	d.mouseAt(10, 6, tea.MouseButtonLeft) // the last lines of the first
	d.shows("▌15:04:06")
}

func TestModel_CountsTheWheel(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(100)
	d.press("M")
	d.View()
	cmd := d.mouseAt(3, 5, tea.MouseButtonWheelUp)
	if cmd == nil || d.dirty {
		t.Fatal("want the wheel counted for a while, and nothing drawn")
	}
	for range 5 {
		if d.mouseAt(3, 5, tea.MouseButtonWheelUp) != nil {
			t.Fatal("got a second count at the same time")
		}
	}
	d.mouseAt(3, 5, tea.MouseButtonWheelDown)
	d.shows("FOLLOWING")
	d.Update(wheelEnd{})
	d.shows("PAUSED", "86 of 101")
	if cmd := d.mouseAt(3, 5, tea.MouseButtonWheelUp); cmd == nil {
		t.Error("got the wheel stuck")
	}
	d.Update(wheelEnd{})
	d.press("/")
	if cmd := d.mouseAt(3, 5, tea.MouseButtonWheelUp); cmd != nil {
		t.Error("got the wheel counted while something is typed")
	}
}

func TestModel_TurnsTheMouseOnAgainAfterAPager(t *testing.T) {
	d := newDesk(t, Options{})
	for _, on := range []bool{false, true} {
		if on {
			d.press("M")
		}
		for _, msg := range []tea.Msg{pagerEnded{}, tea.ResumeMsg{}} {
			_, cmd := d.Update(msg)
			got := cmd != nil && reflect.TypeOf(cmd()) == reflect.TypeOf(tea.EnableMouseCellMotion())
			if got != on {
				t.Errorf("%T: got the mouse turned on %v, want %v", msg, got, on)
			}
		}
	}
}
