package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// picker is a list to choose from by typing.
type picker struct {
	agents       bool // it lists agents, else channels
	title, about string
	empty        string
	input        input
	all          []choice
	shown        []choice
	selected     int
	marked       []event.Agent // to be watched together, in this order
}

// choice is one that can be chosen.
type choice struct {
	agent   event.Agent
	channel string
	columns []string
	do      func() tea.Cmd // what choosing it does, if it is neither
}

func (c *choice) matches(words []string) bool {
	all := strings.ToLower(strings.Join(c.columns, " "))
	for _, w := range words {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// narrow shows those that what is typed selects.
func (p *picker) narrow() {
	words := strings.Fields(strings.ToLower(p.input.String()))
	p.shown = nil
	for _, c := range p.all {
		if c.matches(words) {
			p.shown = append(p.shown, c)
		}
	}
	p.selected = min(p.selected, max(0, len(p.shown)-1))
}

// pickAgent asks whom to watch.
func (m *model) pickAgent() {
	m.picker = &picker{agents: true, title: "Watch which agent?", empty: "No agent is called like that; backspace shows more."}
	m.refreshPicker()
}

// refreshPicker lists the agents as they are now known.
func (m *model) refreshPicker() {
	p := m.picker
	if p == nil || !p.agents {
		return
	}
	p.about = plural(len(m.o.Infos), "agent") + " in " + text.Line(m.o.Where)
	p.all = nil
	type known struct {
		choice
		active int64
	}
	var all []known
	for _, i := range m.o.Infos {
		a := i.Key()
		active, ago, waiting := int64(0), "never active", waitingOf(i)
		if m.playback != nil {
			ago, waiting = "", "" // it is not what was so then
		} else if m.o.LastActive != nil {
			if at, ok := m.o.LastActive(i); ok {
				active, ago = at.UnixMilli(), "active "+line.Ago(m.now.Sub(at))
			}
		}
		about := ""
		if i.Description != nil {
			about = text.Line(text.Words(*i.Description))
		}
		all = append(all, known{choice{agent: a, columns: []string{
			text.Name(a.Name), text.Name(m.names.Project(a.Project)), ago, plural(int(i.Channels), "channel"), waiting, about,
		}}, active})
	}
	slices.SortStableFunc(all, func(a, b known) int { return cmp.Compare(b.active, a.active) })
	for _, k := range all {
		p.all = append(p.all, k.choice)
	}
	p.all = append(p.all, choice{columns: []string{"everything", "", "what all agents say"}})
	p.narrow()
}

// pickChannel asks what to narrow the list to: last to what is over.
func (m *model) pickChannel() {
	p := &picker{title: "Which channel?", about: m.address, empty: "No channel is called like that; backspace shows more."}
	counted := m.tally()
	word := strings.ToLower(counted.word)
	p.all = []choice{{columns: []string{"ALL", strconv.Itoa(counted.total) + " " + word}}}
	for _, over := range []bool{false, true} {
		for _, c := range m.channels.all {
			if (c.over() != "") != over {
				continue
			}
			n, _ := counted.of(c)
			if c.id == m.channels.chosen {
				p.selected = len(p.all)
			}
			p.all = append(p.all, choice{channel: c.id, columns: []string{m.channels.label(c), fmt.Sprintf("%d %s", n, word), c.over()}})
		}
	}
	m.picker = p
	p.narrow()
}

func (m *model) pressPicker(k tea.KeyMsg) tea.Cmd {
	p := m.picker
	switch k.Type {
	case tea.KeyUp, tea.KeyCtrlP:
		p.selected = max(0, p.selected-1)
	case tea.KeyTab:
		return m.mark()
	case tea.KeyDown, tea.KeyCtrlN:
		p.selected = min(max(0, len(p.shown)-1), p.selected+1)
	case tea.KeyPgUp, tea.KeyHome:
		p.selected = 0
	case tea.KeyPgDown, tea.KeyEnd:
		p.selected = max(0, len(p.shown)-1)
	case tea.KeyEsc:
		return m.leavePicker()
	case tea.KeyEnter:
		return m.choose()
	default:
		if !k.Paste && p.input.String() == "" && key.Matches(k, m.keys.Quit) && !m.watched && !p.any("q") {
			return tea.Quit
		}
		if !k.Paste && p.agents && m.o.Replay == nil && p.input.String() == "" && key.Matches(k, m.keys.Matrix) && !p.any("v") {
			return m.openMatrix()
		}
		if p.input.update(k) {
			p.narrow()
		}
		if p.input.full {
			return m.sayFull()
		}
	}
	return nil
}

// any tells whether any choice begins with s.
func (p *picker) any(s string) bool {
	return slices.ContainsFunc(p.all, func(c choice) bool { return strings.HasPrefix(strings.ToLower(c.columns[0]), s) })
}

// leavePicker closes it; with nothing behind it that ends the program.
func (m *model) leavePicker() tea.Cmd {
	if m.picker.input.String() != "" {
		m.picker.input = input{}
		m.picker.narrow()
		return nil
	}
	m.picker = nil
	if !m.watched {
		return tea.Quit
	}
	return nil
}

func (m *model) choose() tea.Cmd {
	p := m.picker
	if len(p.marked) > 0 {
		m.picker = nil
		return m.watch(p.marked...)
	}
	if len(p.shown) == 0 {
		return nil
	}
	c := p.shown[p.selected]
	m.picker = nil
	if c.do != nil {
		return c.do()
	}
	if !p.agents {
		m.channels.choose(c.channel)
		return m.applyFilter()
	}
	if m.watched && c.agent == m.agent && len(m.agents) < 2 {
		return nil
	}
	return m.watch(c.agent)
}

// screenPicker is the picker as it is drawn.
func (m *model) screenPicker() *view.Pick {
	p := m.picker
	out := &view.Pick{Title: p.title, About: p.about, Input: p.input.view(), Selected: p.selected, Empty: p.empty}
	for _, c := range p.shown {
		out.Items = append(out.Items, view.Item{Columns: c.columns, Marked: p.agents && slices.Contains(p.marked, c.agent)})
	}
	return out
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
