package tui

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

const (
	defaultPager = "less -R"
	// pagerEnd is how long a pager may take to end when the view ends.
	pagerEnd = time.Second
)

// pagerEnded says that a pager has given the terminal back.
type pagerEnded struct{ err error }

// openPager shows the event that is inspected in the reader's pager, or else
// all that the list shows. The pager reads it from a pipe: nothing lies on the
// disk.
func (m *model) openPager() tea.Cmd {
	var in io.Reader
	switch {
	case m.inspecting && (m.inspected() != nil || m.situation.isShown(m)):
		in = strings.NewReader(m.plainEvent())
	case m.timeline.Len() > 0:
		in = m.plainRows()
	default:
		return m.say("there is nothing to page through")
	}
	words := strings.Fields(m.variable("PAGER"))
	if len(words) == 0 {
		words = strings.Fields(defaultPager)
	}
	ctx, out, paging := m.ctx, m.out, m.o.Paging
	return func() tea.Msg {
		if _, err := exec.LookPath(words[0]); err != nil {
			return toastShow{"there is no pager " + text.Line(words[0]) + ": set PAGER to one"}
		}
		c := pagerCommand(ctx, words)
		c.Stdin = in
		if out != nil {
			c.Stdout = out.File // what is no file is no terminal to it
		}
		if paging != nil {
			paging(true)
		}
		return tea.ExecProcess(c, func(err error) tea.Msg {
			if paging != nil {
				paging(false)
			}
			return pagerEnded{err}
		})()
	}
}

// pagerCommand is a pager that can neither run nor write anything, and that
// ends when ctx does.
func pagerCommand(ctx context.Context, words []string) *exec.Cmd {
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Env = append(c.Environ(), "LESSSECURE=1")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = pagerEnd
	return c
}

// takePagerEnd goes on when the pager has ended.
func (m *model) takePagerEnd(e pagerEnded) tea.Cmd {
	var cmds []tea.Cmd
	if m.mouse {
		cmds = append(cmds, tea.EnableMouseCellMotion) // whoever had the terminal turned it off
	}
	if e.err != nil {
		cmds = append(cmds, m.say("the pager: "+text.Line(e.err.Error())))
	}
	return tea.Batch(cmds...)
}

// variable is one of the environment.
func (m *model) variable(name string) string {
	value := ""
	for _, e := range m.o.Environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// plainEvent is everything about the event that is looked at, in lines that
// are as long as they are.
func (m *model) plainEvent() string {
	in := m.inspect()
	var b strings.Builder
	b.WriteString(in.Title + "\n\n")
	names := 0
	for _, f := range in.Fields {
		names = max(names, text.Width(f.Name))
	}
	for _, f := range in.Fields {
		fmt.Fprintf(&b, "%s  %s\n", text.Pad(f.Name, names), f.Value)
	}
	for _, part := range []string{in.Body, strings.Join(in.More, "\n")} {
		if part = strings.Trim(part, "\n"); part != "" {
			b.WriteString("\n" + part + "\n")
		}
	}
	return b.String()
}

// plainRows are the rows that are shown, as lines.
func (m *model) plainRows() io.Reader {
	printer, _ := line.NewPrinter(line.Options{Terminal: true, Location: m.o.Location, Now: m.o.Now}) // fails for templates only
	return &lines{rows: m.shown(), printer: printer, gap: m.missing}
}

// lines reads rows as lines, made as they are read.
type lines struct {
	rows    []*timeline.Row
	printer *line.Printer
	gap     func(*timeline.Missing) string
	made    []byte
}

// Read implements io.Reader.
func (l *lines) Read(p []byte) (int, error) {
	for len(l.made) == 0 {
		if len(l.rows) == 0 {
			return 0, io.EOF
		}
		row := l.rows[0]
		l.rows = l.rows[1:]
		switch row.Kind {
		case timeline.Event:
			l.made, _ = l.printer.Append(nil, row.Record)
		case timeline.Gap:
			l.made = []byte("╌╌╌ " + l.gap(row.Missing) + " ╌╌╌\n")
		}
	}
	n := copy(p, l.made)
	l.made = l.made[n:]
	return n, nil
}
