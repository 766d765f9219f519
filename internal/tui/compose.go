package tui

import (
	"fmt"
	"slices"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// pressWrite handles the keys that write into the workspace.
func (m *model) pressWrite(k tea.KeyMsg) tea.Cmd {
	if !key.Matches(k, m.keys.Write, m.keys.Edit, m.keys.Delete) {
		m.dirty = false
		return nil
	}
	if m.o.Actor == nil {
		return m.say("start watch with --as AGENT to write")
	}
	switch {
	case key.Matches(k, m.keys.Edit):
		return m.edit()
	case key.Matches(k, m.keys.Delete):
		return m.delete()
	}
	return m.compose()
}

// author is how the agent is called that the reader writes as; empty if the
// reader writes as nobody.
func (m *model) author() string {
	if m.o.Actor == nil {
		return ""
	}
	return text.Name(m.names.Address(m.o.As))
}

// compose asks for a message to the channel that is chosen, or else to that of
// the selected event. While the list follows nothing is selected, and what is
// newest may be another the next moment: then it asks where to write.
func (m *model) compose() tea.Cmd {
	ch := m.channels.byID[m.channels.chosen]
	if r := m.record(); ch == nil && r != nil && !m.timeline.Following() {
		ch = m.channels.byID[r.ChannelID()]
	}
	if ch == nil {
		return m.pickPlace()
	}
	return m.composeTo(ch)
}

// pickPlace asks where to write, and begins with where somebody spoke last.
func (m *model) pickPlace() tea.Cmd {
	p := &picker{title: "Write to which channel?", about: "as " + m.author(), empty: "No channel is called like that; backspace shows more."}
	for _, ch := range m.channels.all {
		if ch.archived || ch.kind == event.KindNotes || len(ch.members) > 0 && !slices.Contains(ch.members, m.o.As) {
			continue
		}
		p.all = append(p.all, choice{channel: ch.id, columns: []string{m.channels.label(ch)}, do: func() tea.Cmd { return m.composeTo(ch) }})
	}
	if len(p.all) == 0 {
		return m.say("no channel is known yet that could be written to")
	}
	for r := range m.timeline.Held() {
		if at := slices.IndexFunc(p.all, func(c choice) bool { return c.channel == r.ChannelID() }); at >= 0 && r.HasContent() {
			p.selected = at
			break
		}
	}
	m.picker = p
	p.narrow()
	return nil
}

// composeTo asks for a message to a channel.
func (m *model) composeTo(ch *channel) tea.Cmd {
	send, where := action.Send{Channel: ch.id}, m.channels.label(ch)
	switch {
	case ch.kind == event.KindNotes:
		return m.say("notes are nobody's to answer: choose a channel with " + hint(m.keys.Channels, "").Key)
	case len(ch.members) > 0:
		other := slices.IndexFunc(ch.members, func(a event.Agent) bool { return a != m.o.As })
		if other < 0 || !slices.Contains(ch.members, m.o.As) {
			return m.say(m.author() + " is not in this direct chat")
		}
		// By the name of the other: who may write directly is asked anew.
		send = action.Send{To: ch.members[other]}
		where = "@" + text.Name(m.names.Short(send.To, m.o.As.Project))
	}
	where = text.Truncate(where, 32)
	m.openLetter(toWrite, m.draft, &letter{
		label: "as " + text.Truncate(m.author(), 32) + " to " + where + " > ", short: where + " > ", did: "sent to " + where,
		op: func(content string) action.Op {
			send.Content = content
			return send
		},
	})
	return nil
}

// edit asks what the selected message should say instead.
func (m *model) edit() tea.Cmd {
	id, said, why := m.ownMessage()
	if why != "" {
		return m.say(why)
	}
	m.openLetter(toEdit, said, &letter{
		label: fmt.Sprintf("edit message %d as %s > ", id, text.Truncate(m.author(), 32)), short: "edit > ", did: fmt.Sprintf("changed message %d", id),
		op: func(content string) action.Op { return action.Edit{Message: id, Content: content} },
	})
	return nil
}

// delete asks whether the selected message should be deleted.
func (m *model) delete() tea.Cmd {
	id, said, why := m.ownMessage()
	if why != "" {
		return m.say(why)
	}
	m.openLetter(toDelete, "", &letter{
		label: fmt.Sprintf("delete message %d? y/N ", id), short: "delete? y/N ", about: text.Truncate(line.OneLine(text.Content(said)), 32), did: fmt.Sprintf("deleted message %d", id),
		op: func(string) action.Op { return action.Delete{Message: id} },
	})
	return nil
}

// ownMessage is the selected message, or the last one if the list follows, and
// what it says now as far as is known; why says why it can not be changed.
func (m *model) ownMessage() (id int64, said, why string) {
	own := func(r *line.Record) bool { return r.HasContent() && r.From == m.o.As }
	r := m.record()
	if m.timeline.Following() {
		r = nil
		for newest := range m.timeline.Held() {
			if own(newest) {
				r = newest
				break
			}
		}
	}
	if r == nil || !own(r) {
		return 0, "", "only messages that " + m.author() + " wrote can be changed"
	}
	for newest := range m.timeline.Held() {
		if newest.IsMessage && newest.MessageID() == r.MessageID() {
			r = newest
			break
		}
	}
	if r.Type() == event.MessageDeleted {
		return 0, "", fmt.Sprintf("message %d is deleted", r.MessageID())
	}
	if d := r.Details(); d != nil {
		said = d.Content
	}
	return r.MessageID(), said, ""
}

// parties are both members of a direct channel, as its list of members has
// them.
func parties(members []string) []event.Agent {
	var out []event.Agent
	for _, s := range members {
		if a, err := event.ParseAgent(s); err == nil {
			out = append(out, a)
		}
	}
	return out
}
