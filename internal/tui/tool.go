package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// pressTool handles the keys of what one does with events besides reading
// them, and of how they are laid out.
func (m *model) pressTool(k tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.QuickFilter):
		return m.quickFilter()
	case key.Matches(k, m.keys.Left):
		return m.shiftBy(-shiftStep)
	case key.Matches(k, m.keys.Right):
		return m.shiftBy(shiftStep)
	case key.Matches(k, m.keys.ChannelsPane):
		m.noChannels = !m.noChannels
	case key.Matches(k, m.keys.ListOnly):
		m.listOnly()
	case key.Matches(k, m.keys.DetailPane):
		m.inspecting, m.scroll = !m.inspecting && m.timeline.Len() > 0, 0
	case key.Matches(k, m.keys.Export):
		return m.openExport()
	case key.Matches(k, m.keys.Raw):
		return m.toggleRaw()
	case key.Matches(k, m.keys.Why):
		return m.whyEach()
	case key.Matches(k, m.keys.Pager):
		return m.openPager()
	case key.Matches(k, m.keys.Mouse):
		return m.toggleMouse()
	case key.Matches(k, m.keys.Bookmark):
		return m.toggleBookmark()
	case key.Matches(k, m.keys.Bookmarks):
		return m.pickBookmark()
	default:
		return m.pressWrite(k)
	}
	return nil
}
