package tui

import (
	"time"

	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

const (
	wheelRows = 3 // that one step of the wheel scrolls
	// wheelTime is how long steps of the wheel are counted before the list
	// scrolls by all of them: a wheel can send hundreds in a second.
	wheelTime = 16 * time.Millisecond
)

// wheelEnd tells that the wheel has been counted for long enough.
type wheelEnd struct{}

// toggleMouse turns the mouse on or off. It is off at first: with it on,
// terminals do not let text be selected.
func (m *model) toggleMouse() tea.Cmd {
	m.mouse, m.wheel = !m.mouse, 0
	if m.mouse {
		return tea.Batch(tea.EnableMouseCellMotion, m.say("mouse on: to select text hold shift, or press "+hint(m.keys.Mouse, "").Key+" again"))
	}
	return tea.Batch(tea.DisableMouse, m.say("mouse off: text can be selected"))
}

// pressMouse handles the mouse over the list.
func (m *model) pressMouse(e tea.MouseMsg) tea.Cmd {
	m.dirty = false
	if !m.mouse || m.picker != nil || m.prompt != nil || m.help != nil || e.Action != tea.MouseActionPress {
		return nil
	}
	switch e.Button {
	case tea.MouseButtonWheelUp:
		return m.turnWheel(-wheelRows)
	case tea.MouseButtonWheelDown:
		return m.turnWheel(wheelRows)
	case tea.MouseButtonLeft:
		if row := m.rowAt(e.X, e.Y); row != nil {
			m.timeline.Select(row.Key)
			m.scroll, m.dirty = 0, true
		}
	}
	return nil
}

// turnWheel counts a step of the wheel.
func (m *model) turnWheel(rows int) tea.Cmd {
	first := !m.turning
	m.wheel, m.turning = m.wheel+rows, true
	if !first {
		return nil
	}
	return tea.Tick(wheelTime, func(time.Time) tea.Msg { return wheelEnd{} })
}

// scrollWheel scrolls by what was counted.
func (m *model) scrollWheel() {
	if m.wheel != 0 {
		m.timeline.Page(m.wheel)
		m.scroll = 0
	}
	m.wheel, m.turning = 0, false
}

// rowAt is the row that is drawn there; nil if there is none.
func (m *model) rowAt(x, y int) *timeline.Row {
	l := m.layout()
	left, top := l.ListAt()
	if x < left || x >= left+l.ListWidth || y < top || y >= top+l.ListHeight {
		return nil
	}
	window, skip := m.timeline.Window(l.ListHeight, m.heights(l))
	for line := top - skip; len(window) > 0; window = window[1:] {
		if line += m.heights(l)(window[0]); y < line {
			return window[0]
		}
	}
	return nil
}

// heights tells how many lines a row of the list takes.
func (m *model) heights(l view.Layout) func(*timeline.Row) int {
	if !m.wrap {
		return func(*timeline.Row) int { return 1 }
	}
	return func(r *timeline.Row) int { return view.Height(m.row(r), m.columns, true, l.ListWidth) }
}
