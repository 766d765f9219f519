package tui

import (
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// setAgents says who is watched: one agent, several, or with none everybody.
func (m *model) setAgents(agents []event.Agent) {
	m.agents = slices.DeleteFunc(slices.Clone(agents), event.Agent.IsZero)
	m.agent, m.address, m.columns.Seen = event.Agent{}, "everything", 0
	several := line.NewSeveral(m.agents, m.names)
	if len(m.agents) > 0 {
		m.agent = m.agents[0]
		m.address = text.Name(m.names.Address(m.agent))
	}
	if several != nil {
		m.address, m.columns.Seen = text.Name(several.Who()), len(m.agents)
	}
	m.view = line.View{Agent: m.agent, Several: several, Names: m.names}
}

// request asks for the stream of those who are watched.
func (m *model) request() event.Request {
	req := m.o.Request
	req.Agent, req.Also, req.Operator = m.agent, nil, len(m.agents) == 0
	if len(m.agents) > 1 {
		req.Also, req.Audience = m.agents[1:], true
	}
	return req
}

// addresses are the full names of those who are watched, sanitised.
func (m *model) addresses() []string {
	var out []string
	for _, a := range m.agents {
		out = append(out, text.Name(m.names.Address(a)))
	}
	return out
}

// introduce says what else was told of the view, and whose the letters of the
// column are.
func (m *model) introduce(told string) tea.Cmd {
	if m.view.Several != nil {
		if told != "" {
			told += "; "
		}
		told += "who sees it: " + m.view.Several.Legend()
	}
	if told == "" {
		return nil
	}
	return m.say(told)
}

// dropFilter clears a filter that asks about agents who are not watched any
// more: it would hide everything.
func (m *model) dropFilter() tea.Cmd {
	if m.query.CheckWatched(m.agents, m.names) == nil {
		return nil
	}
	dropped := m.query.String()
	m.query = nil
	return m.say("filter cleared, it asks about others: " + text.Line(dropped))
}

// listAllChannels asks for the channels of everybody who is watched, in their
// order: a channel of two is called as the first of them calls it.
func (m *model) listAllChannels() tea.Cmd {
	if len(m.agents) == 0 {
		return m.listChannels(event.Agent{})
	}
	var cmds []tea.Cmd
	for _, a := range m.agents {
		cmds = append(cmds, m.listChannels(a))
	}
	return tea.Sequence(cmds...)
}

// listed takes in the channels of one of those who are watched.
func (m *model) listed(l channelList) {
	v := m.view
	v.Agent = l.agent
	m.channels.list(l.channels, v)
}

// seenBy says who of several agents sees an event, and who does not.
func (m *model) seenBy(r *line.Record) string {
	if m.view.Several == nil {
		return ""
	}
	said := strings.Join(r.Seen(), ", ")
	if said == "" {
		said = "none of them"
	}
	if not := m.view.Several.Unseen(r); len(not) > 0 {
		said += "; not by " + strings.Join(not, ", ")
	}
	return said
}

// knows is the verb for who is watched.
func (m *model) knows() string {
	if len(m.agents) > 1 {
		return " know of "
	}
	return " knows of "
}

// exampleSeen is what a filter can ask only where several are watched.
func (m *model) exampleSeen() string {
	if len(m.agents) < 2 {
		return ""
	}
	return "only:" + text.Truncate(text.Line(m.agent.Name), 12) + " "
}

// mark takes the selected agent to those that are to be watched together, or
// back from them, and goes on to the next.
func (m *model) mark() tea.Cmd {
	p := m.picker
	next := min(max(0, len(p.shown)-1), p.selected+1)
	if !p.agents || len(p.shown) == 0 {
		p.selected = next
		return nil
	}
	a := p.shown[p.selected].agent
	switch i := slices.Index(p.marked, a); {
	case a.IsZero():
		return m.say("everything is watched alone: " + m.keys.Inspect.Help().Key + " does")
	case i >= 0:
		p.marked = slices.Delete(p.marked, i, i+1)
	case len(p.marked) == line.MaxSeveral:
		return m.say("at most " + plural(line.MaxSeveral, "agent") + " can be watched together")
	default:
		p.marked = append(p.marked, a)
	}
	p.selected = next
	return nil
}

// pickHints are the keys that choose agents; leave is what escape does.
func (m *model) pickHints(leave string) []view.Hint {
	watch := "watch"
	if n := len(m.picker.marked); n > 0 {
		watch = "watch " + strconv.Itoa(n) + " marked"
	}
	hints := []view.Hint{
		{Key: "↑↓", Does: "choose"},
		{Key: "enter", Does: watch},
		{Key: "tab", Does: "several"},
		{Key: "type", Does: "to search"},
		{Key: "esc", Does: leave},
	}
	if m.o.Replay == nil {
		hints = append(hints, hint(m.keys.Matrix, "who sees what"))
	}
	return hints
}
