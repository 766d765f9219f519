package tui

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"cslack-stream/internal/tui/text"

	tea "github.com/charmbracelet/bubbletea"
)

// painted is the view as the program runs it. The program's own renderer looks
// for something to draw many times a second, which costs more than everything
// else while nothing happens; so it gets nothing to draw, and frames go to the
// terminal when there are any. All else that is written is still the program's.
type painted struct{ *model }

// Update implements tea.Model.
func (p painted) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, resized := msg.(tea.WindowSizeMsg); resized {
		p.out.forget() // terminals move lines about then
	}
	_, cmd := p.model.Update(msg)
	return p, cmd
}

// View implements tea.Model.
func (p painted) View() string {
	p.out.show(p.model.View(), p.width)
	return ""
}

// canvas is what a terminal shows, and what it should show.
type canvas struct {
	lines   []string // on the screen; nil if that is not known
	frame   string   // the newest
	width   int
	painted time.Time
	waiting bool // a frame is painted soon
}

// paintTime is the least time between two frames. News come at a lower rate:
// it is keys held down that it slows.
const paintTime = 15 * time.Millisecond

const (
	home      = "\x1b[H"
	eraseLine = "\x1b[K"
)

// isFrame tells whether p is a frame of the program's renderer, which is
// empty, and not a mode of the terminal.
func isFrame(p []byte) bool { return len(p) > len(home) && bytes.HasPrefix(p, []byte(home)) }

// show paints a frame: at once, unless one was painted just before.
func (t *terminal) show(frame string, width int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.canvas
	if frame == "" || frame == c.frame && width == c.width && c.lines != nil {
		return
	}
	c.frame, c.width = frame, width
	if c.waiting {
		return
	}
	if wait := paintTime - time.Since(c.painted); wait > 0 {
		c.waiting = true
		time.AfterFunc(wait, t.paintLate)
		return
	}
	t.paint()
}

// forget paints all of the next frame.
func (t *terminal) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.canvas.lines = nil
}

// paintLate paints the frame that waits, if it still does: whoever else has
// written to the terminal has it until the next frame.
func (t *terminal) paintLate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.canvas.waiting {
		t.paint()
	}
}

// paint writes the lines that have changed.
func (t *terminal) paint() {
	c := &t.canvas
	c.waiting, c.painted = false, time.Now()
	lines := strings.Split(c.frame, "\n")
	var out []byte
	for i, l := range lines {
		if i < len(c.lines) && c.lines[i] == l {
			continue
		}
		out = append(out, "\x1b["+strconv.Itoa(i+1)+";1H"...)
		out = append(out, l...)
		if text.Width(l) < c.width {
			// Behind the last column it would erase what is in that one.
			out = append(out, eraseLine...)
		}
	}
	c.lines = lines
	_, _ = t.File.Write(out) // there is nobody to tell
}
