package tui

import (
	"strings"

	"cslack-stream/internal/tui/view"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// helping is the overview of the keys while it is shown.
type helping struct {
	searching bool // something is being typed
	input     input
	scroll    int
}

// pressHelp handles a key while the help is shown. Its own keys come first, as
// long as nothing is typed; every other character is looked for.
func (m *model) pressHelp(k tea.KeyMsg) tea.Cmd {
	h := m.help
	typed := h.input.String()
	switch {
	case k.Type == tea.KeyUp:
		h.scroll = max(0, h.scroll-1)
		return nil
	case k.Type == tea.KeyDown:
		m.scrollHelp()
		return nil
	case h.searching:
		m.searchHelp(k)
		if h.input.full {
			return m.sayFull()
		}
	case key.Matches(k, m.keys.Up):
		h.scroll = max(0, h.scroll-1)
	case key.Matches(k, m.keys.Down):
		m.scrollHelp()
	case key.Matches(k, m.keys.Help, m.keys.Close, m.keys.Quit, m.keys.Inspect):
		m.help = nil
	case key.Matches(k, m.keys.Filter):
		h.searching = true
	default:
		if h.searching = h.input.update(k); !h.searching {
			m.dirty = false
		}
	}
	if h.input.String() != typed {
		h.scroll = 0
	}
	return nil
}

// searchHelp handles a key while something is looked for.
func (m *model) searchHelp(k tea.KeyMsg) {
	h := m.help
	switch k.Type {
	case tea.KeyEsc:
		h.searching, h.input = false, input{}
	case tea.KeyEnter:
		m.help = nil
	default:
		h.input.update(k)
	}
}

func (m *model) scrollHelp() {
	h := m.screenHelp()
	m.help.scroll = min(m.help.scroll+1, h.MaxScroll(m.width, m.layout().Body))
}

// screenHelp is the help as it is drawn.
func (m *model) screenHelp() *view.Help {
	out := &view.Help{Groups: m.keys.groups(), Scroll: m.help.scroll, Searching: m.help.searching, Input: m.help.input.view()}
	if wanted := strings.TrimSpace(m.help.input.String()); wanted != "" {
		out.Groups = search(out.Groups, wanted)
	}
	return out
}

// search returns the keys that are called as wanted, or do that.
func search(groups []view.HelpGroup, wanted string) []view.HelpGroup {
	var found []view.HelpGroup
	for _, g := range groups {
		some := view.HelpGroup{Title: g.Title}
		for _, k := range g.Keys {
			if strings.Contains(k.Key, wanted) || strings.Contains(strings.ToLower(k.Does), strings.ToLower(wanted)) {
				some.Keys = append(some.Keys, k)
			}
		}
		if len(some.Keys) > 0 {
			found = append(found, some)
		}
	}
	return found
}
