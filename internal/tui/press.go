package tui

import (
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// pressAll handles what the terminal sent at once. Keys that came close
// together are several keys, and Escape with a key right behind it is both:
// no command of ours takes Alt, but for a new line in a message.
func (m *model) pressAll(k tea.KeyMsg) tea.Cmd {
	newLine := k.Type == tea.KeyEnter && m.prompt != nil && m.prompt.letter != nil
	if k.Alt && !k.Paste && !newLine {
		k.Alt = false
		return tea.Batch(m.press(tea.KeyMsg{Type: tea.KeyEsc}), m.pressAll(k))
	}
	if k.Type != tea.KeyRunes || k.Paste || len(k.Runes) < 2 {
		return m.press(k)
	}
	var cmds []tea.Cmd
	changed := false
	for _, r := range k.Runes {
		one := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
		if r == ' ' {
			one.Type = tea.KeySpace
		}
		m.dirty = true
		cmds = append(cmds, m.press(one))
		changed = changed || m.dirty
	}
	m.dirty = changed
	return tea.Batch(cmds...)
}

// press handles a key. What is being typed takes keys before anything else
// does.
func (m *model) press(k tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Interrupt):
		m.interrupted = true
		return tea.Quit
	case key.Matches(k, m.keys.Suspend):
		return tea.Suspend
	case m.matrix != nil:
		return m.pressMatrix(k)
	case m.picker != nil:
		return m.pressPicker(k)
	case m.prompt != nil:
		return m.pressPrompt(k)
	case k.Paste && (m.help == nil || !m.help.searching):
		return nil // a paste is no command
	case m.help != nil:
		return m.pressHelp(k)
	}
	if key.Matches(k, m.keys.Pause, m.keys.Inspect, m.keys.Help) {
		m.tip = false // was read
	}
	if m.playback != nil {
		if cmd, ok := m.pressPlayback(k); ok {
			return cmd
		}
	}
	cmd, ok := m.pressMove(k)
	if !ok {
		cmd = m.pressList(k)
	}
	if m.playback != nil && !m.timeline.Following() {
		m.playback.paused = true // who looks around wants it to stand
	}
	return cmd
}

// pressMove handles keys that move in the list.
func (m *model) pressMove(k tea.KeyMsg) (cmd tea.Cmd, ok bool) {
	t, page := m.timeline, max(1, m.layout().ListHeight-1)
	before := t.Selected()
	if before == 0 && key.Matches(k, m.keys.Up, m.keys.PageUp, m.keys.HalfUp, m.keys.Oldest) {
		return m.loadOlder(), true
	}
	switch {
	case m.pressRow(k, t, page):
	case key.Matches(k, m.keys.NextFound):
		cmd = m.find(1)
	case key.Matches(k, m.keys.PreviousFound):
		cmd = m.find(-1)
	case key.Matches(k, m.keys.NextForMe):
		cmd = m.seek(1, forMe, "nothing further is addressed to "+m.address)
	case key.Matches(k, m.keys.PreviousForMe):
		cmd = m.seek(-1, forMe, "nothing before is addressed to "+m.address)
	case key.Matches(k, m.keys.NextInThread):
		cmd = m.seekThread(1)
	case key.Matches(k, m.keys.PreviousInThread):
		cmd = m.seekThread(-1)
	case key.Matches(k, m.keys.NextRule):
		cmd = m.seek(1, isRule, "no gap and no other day below")
	case key.Matches(k, m.keys.PreviousRule):
		cmd = m.seek(-1, isRule, "no gap and no other day above")
	default:
		return nil, false
	}
	if t.Selected() != before {
		m.scroll = 0
	}
	return cmd, true
}

// pressRow handles keys that select another row, and reports whether k is one
// of them.
func (m *model) pressRow(k tea.KeyMsg, t *timeline.Timeline, page int) bool {
	switch {
	case key.Matches(k, m.keys.Pause):
		if t.Following() {
			t.Pause()
		} else {
			t.Follow()
		}
	case key.Matches(k, m.keys.Up):
		t.Move(-1)
	case key.Matches(k, m.keys.Down):
		t.Move(1)
	case key.Matches(k, m.keys.PageUp):
		t.Page(-page)
	case key.Matches(k, m.keys.PageDown):
		t.Page(page)
	case key.Matches(k, m.keys.HalfUp):
		t.Page(-max(1, page/2))
	case key.Matches(k, m.keys.HalfDown):
		t.Page(max(1, page/2))
	case key.Matches(k, m.keys.Oldest):
		t.First()
	case key.Matches(k, m.keys.Newest):
		t.Follow()
	default:
		return false
	}
	return true
}

// seek goes to the next row that ok accepts, or says that there is none.
func (m *model) seek(step int, ok func(*timeline.Row) bool, none string) tea.Cmd {
	if m.timeline.Seek(step, ok) {
		return nil
	}
	return m.say(none)
}

// pressList handles the other keys of the list.
func (m *model) pressList(k tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Quit):
		if m.inspecting && !m.situation.isShown(m) {
			m.inspecting, m.scroll = false, 0
			return nil
		}
		return tea.Quit
	case key.Matches(k, m.keys.Close):
		return m.close()
	case key.Matches(k, m.keys.Older):
		return m.loadOlder()
	case key.Matches(k, m.keys.Inspect):
		if gap := m.inspected(); gap != nil && gap.LetGo() && !m.inspecting {
			return m.loadMissing(gap)
		}
		if m.situation.isShown(m) { // the event takes its place
			m.inspecting = false
		}
		m.situation.shown = false
		if m.inspecting = !m.inspecting && m.timeline.Len() > 0; m.inspecting {
			m.timeline.Pause()
		}
		m.scroll = 0
	case key.Matches(k, m.keys.ScrollUp):
		m.scroll = max(0, m.scroll-1)
	case key.Matches(k, m.keys.ScrollDown):
		m.scrollDown()
	case key.Matches(k, m.keys.Copy):
		return m.copyText()
	case key.Matches(k, m.keys.CopyJSON):
		return m.copyJSON()
	case key.Matches(k, m.keys.Filter):
		m.openPrompt(toFilter)
	case key.Matches(k, m.keys.Find):
		m.openPrompt(toFind)
	case key.Matches(k, m.keys.Jump):
		m.openPrompt(toJump)
	case key.Matches(k, m.keys.Channels):
		m.pickChannel()
	case key.Matches(k, m.keys.Agents):
		m.pickAgent()
		return m.listAgents()
	case key.Matches(k, m.keys.Matrix):
		if m.playback != nil {
			return m.turnSituation()
		}
		return m.openMatrix()
	case key.Matches(k, m.keys.Clock):
		m.clock = m.clock.next()
		m.columns.Time = m.clock.width()
		return m.say(m.clockName())
	case key.Matches(k, m.keys.Wrap):
		m.wrap = !m.wrap
	case key.Matches(k, m.keys.Reconnect):
		if m.conn.phase == lost {
			m.feed.again()
		}
		return m.askSituationAgain()
	case key.Matches(k, m.keys.Help):
		m.help = &helping{}
	default:
		return m.pressTool(k)
	}
	return nil
}

// close closes what is open; then it clears the selection, and then the
// filter.
func (m *model) close() tea.Cmd {
	switch {
	case m.tip:
		m.tip = false
	case m.inspecting:
		m.inspecting, m.scroll = false, 0
	case !m.query.Empty() || m.channels.chosen != "":
		m.query, m.channels.chosen = nil, ""
		return m.applyFilter()
	default:
		m.timeline.Follow()
	}
	return nil
}

func (m *model) scrollDown() {
	if !m.inspecting {
		return
	}
	l := m.layout()
	s := m.screen(l)
	if s.Inspect != nil {
		m.scroll = min(m.scroll+1, view.MaxScroll(s.InspectLines(l), l.InspectHeight-1))
	}
}
