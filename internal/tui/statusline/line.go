// Package statusline keeps one line of state below the lines that a program
// prints on a terminal, in the terminal's own scrollback: there is no screen
// of its own and nothing to restore, whatever the program dies of.
//
// What it promises: lines that are written are on the terminal, complete, once
// and in order, when Write returns, and an error to write them is returned;
// each write takes the state away, prints, and puts it back, in one go. What
// the terminal's user types is neither read nor hidden.
//
// The cursor stays in an empty row above the state, at its beginning. So what
// is typed does not run into the state, a line feed leaves an empty line and
// no copy of the state, and what a narrower terminal makes of a state that has
// become too long is behind the cursor, where it is erased.
//
// Bubbletea's inline view is not enough for that: it holds lines back until its
// next frame, keeps errors to itself, and hides the cursor.
package statusline

import (
	"io"
	"sync"
)

// What is written around the state. Erasing begins behind a space, because what
// is erased from the very first cell on is kept in the scrollback by some
// terminals. Without wrapping, a state that takes more cells than was thought is
// cut, and not continued in another row.
const (
	erase  = "\r \x1b[J\r"
	before = "\n\x1b[?7l"
	after  = "\x1b[?7h\r\x1b[A"
)

// minHeight is the lowest terminal that has room for a state.
const minHeight = 4

// Options say where the state is shown and what it is. All are needed.
type Options struct {
	// Out is the terminal.
	Out io.Writer
	// Size asks for the size of the terminal; zero hides the state.
	Size func() (width, height int)
	// Draw returns the state in at most width cells. It is called while a
	// Write is under way, so it must not write.
	Draw func(width int) string
}

// Line is a line of state. Its methods may be called by several goroutines.
type Line struct {
	o Options

	mu     sync.Mutex
	buf    []byte
	drawn  string // what is on the terminal
	width  int    // for which it was drawn
	shown  bool
	hidden bool
}

// New returns a line that is hidden: it is Run that shows it, once it heeds the
// signals that could leave it behind.
func New(o Options) *Line { return &Line{o: o, hidden: true} }

// Write prints whole lines above the state.
func (l *Line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = l.appendErase(l.buf[:0])
	begin := len(l.buf)
	l.buf = append(l.buf, p...)
	l.buf = l.appendState(l.buf)
	n, err := l.o.Out.Write(l.buf)
	return min(max(0, n-begin), len(p)), err
}

// Refresh draws the state if it is another than the one that is shown.
func (l *Line) Refresh() { l.draw(false) }

// Repaint draws the state whether it has changed or not: whatever was shown
// may have been moved or painted over.
func (l *Line) Repaint() { l.draw(true) }

func (l *Line) draw(anyway bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	width, drawn, was := l.width, l.drawn, l.shown
	l.buf = l.appendErase(l.buf[:0])
	l.buf = l.appendState(l.buf)
	if !anyway && was == l.shown && width == l.width && drawn == l.drawn {
		return
	}
	// An error here is one of the next Write, too.
	_, _ = l.o.Out.Write(l.buf)
}

// Hide takes the state away until Show.
func (l *Line) Hide() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hidden = true
	l.buf = l.appendErase(l.buf[:0])
	_, _ = l.o.Out.Write(l.buf)
}

// Show brings a hidden state back.
func (l *Line) Show() {
	l.mu.Lock()
	l.hidden = false
	l.mu.Unlock()
	l.Repaint()
}

func (l *Line) appendErase(b []byte) []byte {
	if !l.shown {
		return b
	}
	l.shown = false
	return append(b, erase...)
}

func (l *Line) appendState(b []byte) []byte {
	if l.hidden {
		return b
	}
	width, height := l.o.Size()
	if width <= 0 || height < minHeight {
		return b
	}
	l.width, l.drawn, l.shown = width, l.o.Draw(width), true
	b = append(b, before...)
	b = append(b, l.drawn...)
	return append(b, after...)
}
