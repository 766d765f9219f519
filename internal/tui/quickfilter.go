package tui

import (
	"strings"

	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/text"

	tea "github.com/charmbracelet/bubbletea"
)

// quickFilter asks which of what the event that is looked at has in common
// with others the list is narrowed to.
func (m *model) quickFilter() tea.Cmd {
	r := m.record()
	if r == nil {
		return m.say("no event is selected to filter by")
	}
	p := &picker{title: "Show only what is …", about: text.Truncate(text.Line(m.query.String()), 40), empty: "Nothing is called like that; backspace shows more."}
	for _, o := range m.termsOf(r) {
		// What can not be typed, or does not hold for its own event, is not
		// offered.
		q, err := query.Parse(o.typed, query.Options{Now: m.now, Location: m.o.Location})
		if err != nil || text.Line(o.typed) != o.typed || q.Match(r) == o.negated {
			continue
		}
		p.all = append(p.all, choice{columns: []string{o.says, o.typed}, do: func() tea.Cmd { return m.narrowTo(q) }})
	}
	m.picker = p
	p.narrow()
	return nil
}

// narrowTo adds a condition to the filter, which a line of the past can take
// back.
func (m *model) narrowTo(q *query.Query) tea.Cmd {
	m.query = m.query.And(q)
	m.remember(m.query.String())
	return m.applyFilter()
}

// offer is a condition, and what it means.
type offer struct {
	says, typed string
	negated     bool
}

// termsOf are the conditions that r suggests: what to keep first, then what
// to leave out.
func (m *model) termsOf(r *line.Record) []offer {
	type fact struct{ field, value, is, not string }
	facts := []fact{
		{"from", fromOf(r), "from its sender", "not from its sender"},
		{"in", m.placeOf(r), "in its channel", "not in its channel"},
		{"type", string(r.Type()), "of its type", "not of its type"},
		{"thread", m.threadOf(r), "in its thread", ""},
	}
	var only, without []offer
	for _, f := range facts {
		if f.value == "" {
			continue
		}
		only = append(only, offer{says: f.is, typed: query.Term(f.field, f.value, false)})
		if f.not != "" {
			without = append(without, offer{says: f.not, typed: query.Term(f.field, f.value, true), negated: true})
		}
	}
	return append(only, without...)
}

// fromOf is the sender of r as from: has it.
func fromOf(r *line.Record) string {
	name := r.Sender
	if r.From.IsZero() {
		name = r.Who
	}
	if strings.HasPrefix(name, "@") {
		return "@" + name // the first one means nothing
	}
	return name
}

// placeOf is the channel of r as in: has it: by its name, or by its id if
// another channel is called the same.
func (m *model) placeOf(r *line.Record) string {
	if r.Where == "" {
		return ""
	}
	for _, c := range m.channels.all {
		if c.name == r.Channel.Name && c.id != r.ChannelID() {
			return r.Channel.ID
		}
	}
	return r.Where
}

// threadOf is the thread that r belongs to, or that others have r as; empty
// if there is none.
func (m *model) threadOf(r *line.Record) string {
	if !r.IsMessage {
		return ""
	}
	if r.Thread != "" {
		return r.Thread
	}
	id := messageID(r)
	if m.timeline.Replies(id) > 0 {
		return id
	}
	return ""
}
