package tui

import (
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// shiftStep is how far texts are scrolled sideways at once, in cells.
const shiftStep = 8

// shiftBy scrolls texts sideways, as far as there is something to read in
// view. New events leave it where it is.
func (m *model) shiftBy(cells int) tea.Cmd {
	if m.wrap {
		return m.say("texts are wrapped, there is nothing beside: " + hint(m.keys.Wrap, "").Key + " changes that")
	}
	longest := 0
	l := m.layout()
	rows, _ := m.rows(l)
	for _, r := range rows {
		longest = max(longest, text.Width(line.OneLine(r.Text)))
	}
	m.shift = max(0, min(m.shift+cells, longest-view.TextWidth(m.columns, l.ListWidth)))
	return nil
}

// listOnly hides everything but the list, or shows the channels again.
func (m *model) listOnly() {
	if m.noChannels && !m.inspecting {
		m.noChannels = false
		return
	}
	m.noChannels, m.inspecting, m.scroll = true, false, 0
}
