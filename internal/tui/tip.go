package tui

import (
	"cslack-stream/internal/tui/text"

	tea "github.com/charmbracelet/bubbletea"
)

// firstTime is the answer to whether the view was never shown before.
type firstTime struct {
	first bool
	err   error
}

// askFirst asks whether the view was never shown before.
func (m *model) askFirst() tea.Cmd {
	memory := m.o.Memory
	if memory == nil {
		return nil
	}
	return func() tea.Msg {
		first, err := memory.First()
		return firstTime{first, err}
	}
}

func (m *model) takeFirst(f firstTime) tea.Cmd {
	if m.tip = f.first; f.err != nil {
		return m.say(text.Line(f.err.Error()))
	}
	return nil
}

// screenTip is what the very first start says, until one of the keys it names
// is used or it is closed.
func (m *model) screenTip() string {
	if !m.tip || !m.watched {
		return ""
	}
	k := &m.keys
	return hint(k.Pause, "").Key + " pauses, " + hint(k.Inspect, "").Key + " inspects, " + hint(k.Help, "").Key +
		" shows every key; " + hint(k.Close, "").Key + " hides this line"
}
