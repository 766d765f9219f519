package tui

import (
	"io"
	"os"
	"strings"
	"sync"

	"cslack-stream/internal/tui/text"

	osc52 "github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"
)

// terminal is what is written to. What is copied goes the same way as what is
// drawn, and never into the middle of it.
type terminal struct {
	*os.File
	wrap func(osc52.Sequence) osc52.Sequence

	mu     sync.Mutex
	canvas canvas
}

// newTerminal returns the terminal behind w; nil if that is no file.
func newTerminal(w io.Writer, environ []string) *terminal {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	t := &terminal{File: f, wrap: func(s osc52.Sequence) osc52.Sequence { return s }}
	for _, e := range environ {
		switch {
		case strings.HasPrefix(e, "TMUX=") && e != "TMUX=":
			t.wrap = osc52.Sequence.Tmux
		case strings.HasPrefix(e, "STY=") && e != "STY=":
			t.wrap = osc52.Sequence.Screen
		}
	}
	return t
}

// Write writes all of p at once. What is on the screen then is not known.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if isFrame(p) {
		return len(p), nil
	}
	t.canvas.lines, t.canvas.waiting = nil, false
	return t.File.Write(p)
}

// WriteString is Write, which that of the file would pass by.
func (t *terminal) WriteString(s string) (int, error) { return t.Write([]byte(s)) }

// mostCopied is what terminals take.
const mostCopied = 74_000

// copy hands s to the clipboard of the terminal, and says so: there is no
// answer.
func (m *model) copy(s, what string) tea.Cmd {
	if m.out == nil || s == "" {
		return m.say("nothing to copy")
	}
	out := m.out
	return func() tea.Msg {
		said := what + " sent to the terminal's clipboard"
		if len(s) > mostCopied {
			return toastShow{what + " is too long for the terminal's clipboard"}
		}
		if _, err := out.wrap(osc52.New(s)).WriteTo(out); err != nil {
			said = "could not copy: " + text.Line(err.Error())
		}
		return toastShow{said}
	}
}

// copyText copies the text of the event that is looked at.
func (m *model) copyText() tea.Cmd {
	r := m.record()
	if r == nil {
		return m.say("nothing to copy here")
	}
	return m.copy(r.Text, "the text")
}

// copyJSON copies the event that is looked at as it is on the wire.
func (m *model) copyJSON() tea.Cmd {
	r := m.record()
	if r == nil {
		return m.say("nothing to copy here")
	}
	if r.Event.Wire == nil {
		e := *r.Event
		if e.Encode() != nil {
			return m.say("this event has no JSON form")
		}
		return m.copy(string(text.EscapeJSON(e.Wire)), "the event as JSON")
	}
	return m.copy(string(text.EscapeJSON(r.Event.Wire)), "the event as JSON")
}
