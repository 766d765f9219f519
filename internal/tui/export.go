package tui

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// openExport asks for the file to write what is shown to.
func (m *model) openExport() tea.Cmd {
	if m.timeline.Shown() == 0 {
		return m.say("there is nothing to export")
	}
	m.openPrompt(toExport)
	m.prompt.input = newInput(fileName(m.address) + m.now.In(m.o.Location).Format("-20060102-150405") + ".jsonl")
	return nil
}

// mostFileName bounds what a file name takes from an address.
const mostFileName = 64

// fileName is an address in characters that mean nothing to anybody.
func fileName(address string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, address)
	safe = strings.Trim(safe[:min(len(safe), mostFileName)], ".-")
	if safe == "" {
		return "events"
	}
	return safe
}

// shown are the rows that are shown now, also if the filter has not yet been
// asked about all of them.
func (m *model) shown() []*timeline.Row {
	for m.timeline.Refilter(refilterStep) {
	}
	rows := make([]*timeline.Row, m.timeline.Len())
	for i := range rows {
		rows[i] = m.timeline.At(i)
	}
	return rows
}

// exported says what became of an export.
type exported struct {
	path   string
	events int
	free   string // a name that is not taken, if that of path is
	err    error
}

// export writes what is shown to a file.
func (m *model) export(path string) tea.Cmd {
	rows := m.shown()
	return func() tea.Msg {
		events, err := writeRows(path, rows)
		done := exported{path: path, events: events, err: err}
		if errors.Is(err, fs.ErrExist) {
			done.free = freeName(path)
		}
		return done
	}
}

// writeRows writes rows as JSON lines into a new file that only its owner can
// read. What could not be written whole is removed again.
func writeRows(path string, rows []*timeline.Row) (events int, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriter(f)
	events, err = writeJSON(w, rows)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		_ = os.Remove(path)
	}
	return events, err
}

// writeJSON writes rows as lines, as tail -o json does: events, and gaps where
// some are missing.
func writeJSON(w io.Writer, rows []*timeline.Row) (events int, err error) {
	for i, r := range rows {
		var b []byte
		switch r.Kind {
		case timeline.Event:
			events++
			b = append(r.Record.JSON(), '\n')
		case timeline.Gap:
			gap := &event.GapError{Reason: cmp.Or(r.Missing.Reason, event.GapNotHeld), Count: r.Missing.Count, Oldest: nextCursor(rows[i:])}
			b = line.AppendGap(nil, gap)
		}
		if _, err := w.Write(b); err != nil {
			return events, err
		}
	}
	return events, nil
}

// nextCursor is the cursor of the first event among rows.
func nextCursor(rows []*timeline.Row) event.Cursor {
	for _, r := range rows {
		if r.Record != nil {
			return r.Record.Event.Cursor
		}
	}
	return event.Cursor{}
}

// freeName is a name like path that is not taken: with a number behind it.
func freeName(path string) string {
	extension := filepath.Ext(path)
	for i := 2; i < 1000; i++ {
		name := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, extension), i, extension)
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return ""
}

// takeExported says what became of an export. For a name that is taken
// another one is asked for.
func (m *model) takeExported(e exported) tea.Cmd {
	name := text.Line(e.path)
	switch {
	case e.err == nil:
		return m.say("wrote " + plural(e.events, "event") + " to " + name)
	case e.free == "" || m.prompt != nil || m.picker != nil:
		return m.say("could not export: " + text.Line(e.err.Error()))
	}
	m.openPrompt(toExport)
	m.prompt.input, m.prompt.err = newInput(e.free), fmt.Errorf("%s is there already and is not written over", name)
	return nil
}
