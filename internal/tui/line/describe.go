package line

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
)

// deletedContent is what the host writes over a deleted message.
const deletedContent = "[Message deleted]"

func (v View) message(r *Record) error {
	var m event.Message
	if err := decode(r.Event, &m); err != nil {
		return err
	}
	r.IsMessage = true
	if m.SenderID != "" {
		r.From = agentOf(m.SenderID, m.SenderProjectID)
	}
	r.Members = parseAgents(m.ChannelMembers)
	r.Thread = deref(m.ThreadID)
	v.place(r, r.Event.Channel, m.ChannelName, kindOf(m.ChannelKind, r.Event.Channel))
	r.raw.Text = m.Content
	switch r.Event.Type {
	case event.MessageEdited:
		r.raw.Lead = "edited: "
		if p := m.Previous; p != nil && p.Content == nil && len(p.Metadata) > 0 {
			r.raw.Lead = "edited metadata: "
		}
	case event.MessageDeleted:
		describeDeletion(r, &m)
	case event.NoteTagged:
		r.raw.Lead = "untagged: "
		if len(m.Tags) > 0 {
			r.raw.Lead = "tagged " + strings.Join(m.Tags, ", ") + ": "
		}
	}
	return nil
}

func describeDeletion(r *Record, m *event.Message) {
	r.raw.Lead = "deleted"
	if by := deref(m.DeletedBy); by != "" && by != m.SenderID {
		r.raw.Lead += " by " + by
	}
	if r.raw.Text == deletedContent {
		r.raw.Text = ""
	}
	if r.raw.Text != "" {
		r.raw.Lead += ": "
	}
}

func (v View) channel(r *Record) error {
	var c event.Channel
	if err := decode(r.Event, &c); err != nil {
		return err
	}
	r.Members = parseAgents(c.Members)
	r.membersOnly = c.AccessType == "private"
	if by := deref(c.CreatedBy); by != "" && (r.Event.Type == event.ChannelCreated || r.Event.Type == event.DMChannelCreated) {
		r.From = agentOf(by, c.CreatedByProjectID)
	}
	id := r.Event.Channel
	if id == "" {
		id = c.ID
	}
	v.place(r, id, c.Name, kindOf(c.Kind, id))
	switch r.Event.Type {
	case event.ChannelCreated:
		r.raw.Text = "created the channel"
		if c.AccessType != "" && c.Scope != "" {
			r.raw.Text += fmt.Sprintf(" (%s, %s)", c.AccessType, c.Scope)
		}
		if d := deref(c.Description); d != "" {
			r.raw.Text += ": " + d
		}
	case event.DMChannelCreated:
		r.raw.Text = "direct channel opened"
	case event.ChannelArchived:
		r.raw.Text = "channel archived"
	default:
		r.raw.Text = "channel updated" + changes(r.Event.Payload, c.Previous)
	}
	return nil
}

// changes lists what changed: `: name "dev" → "devs", scope …`.
func changes(payload json.RawMessage, previous map[string]json.RawMessage) string {
	var now map[string]json.RawMessage
	if len(previous) == 0 || json.Unmarshal(payload, &now) != nil {
		return ""
	}
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(previous)) {
		parts = append(parts, fmt.Sprintf("%s %s → %s", field, value(previous[field]), value(now[field])))
	}
	return ": " + strings.Join(parts, ", ")
}

// value is a JSON value as a line shows it.
func value(b json.RawMessage) string {
	var s string
	switch {
	case len(b) == 0 || string(b) == "null":
		return "none"
	case json.Unmarshal(b, &s) == nil:
		return `"` + s + `"`
	}
	return string(b)
}

func (v View) member(r *Record) error {
	var m event.Member
	if err := decode(r.Event, &m); err != nil {
		return err
	}
	r.From = agentOf(m.AgentName, m.AgentProjectID)
	v.place(r, r.Event.Channel, m.ChannelName, kindOf(m.ChannelKind, r.Event.Channel))
	if r.Event.Type == event.MemberLeft {
		r.raw.Who = "- " + v.who(r.From)
		r.raw.Text = "left"
		if m.OptedOut {
			r.raw.Text = "left (opted out)"
		}
		return nil
	}
	r.raw.Who = "+ " + v.who(r.From)
	r.raw.Text = "joined"
	if by := deref(m.InvitedBy); by != "" && by != m.AgentName {
		r.raw.Text = "joined (added by " + by + ")"
	}
	return nil
}

func (v View) agent(r *Record) error {
	var a event.AgentStatus
	if err := decode(r.Event, &a); err != nil {
		return err
	}
	r.From = agentOf(a.Name, a.ProjectID)
	if r.Event.Type == event.AgentRegistered {
		r.raw.Text = "registered"
		if a.ProjectID != nil {
			r.raw.Text += " in " + v.Names.Project(*a.ProjectID)
		}
		if d := deref(a.Description); d != "" {
			r.raw.Text += ": " + d
		}
		return nil
	}
	r.raw.Text = "is now " + orUnknown(a.Status)
	if a.PreviousStatus != nil {
		r.raw.Text += " (was " + orUnknown(a.PreviousStatus) + ")"
	}
	return nil
}

// IsSearch reports whether an agent searched its messages: it saw what was
// found, and nobody knows what that was.
func IsSearch(c *event.Checked) bool { return strings.Contains(c.Tool, "search") }

// checked shows that an agent was seen reading its messages, and with what.
func (v View) checked(r *Record) error {
	var c event.Checked
	if err := decode(r.Event, &c); err != nil {
		return err
	}
	if c.Name == "" {
		return errors.New("the payload names no agent")
	}
	r.Checked, r.From = &c, agentOf(c.Name, c.ProjectID)
	verb := "checked"
	if IsSearch(&c) {
		verb = "searched"
	}
	r.raw.Text = verb + " its messages"
	if len(c.Channels) > 0 {
		r.raw.Text = verb + " " + strings.Join(c.Channels, ", ")
	}
	tool := c.Tool
	if i := strings.LastIndex(tool, "__"); i >= 0 { // mcp__claude-slack__get_messages
		tool = tool[i+2:]
	}
	if tool != "" {
		r.raw.Text += " (" + tool + ")"
	}
	return nil
}

func (v View) link(r *Record) error {
	var l event.Link
	if err := decode(r.Event, &l); err != nil {
		return err
	}
	name := func(id string, name *string) string {
		if n := deref(name); n != "" {
			return n
		}
		return v.Names.Project(id)
	}
	r.raw.Text = fmt.Sprintf("project %s linked with %s", name(l.ProjectA, l.ProjectAName), name(l.ProjectB, l.ProjectBName))
	return nil
}

func (v View) config(r *Record) error {
	var c event.ConfigSync
	if err := decode(r.Event, &c); err != nil {
		return err
	}
	r.raw.Text = "configuration updated"
	if !c.Success {
		r.raw.Text = "configuration update did not succeed"
	}
	switch {
	case deref(c.Scope) == "project" && c.ProjectID != nil:
		r.raw.Text += " for project " + v.Names.Project(*c.ProjectID)
	case deref(c.Scope) != "":
		r.raw.Text += " (scope " + *c.Scope + ")"
	}
	return nil
}

func orUnknown(s *string) string {
	if s == nil || *s == "" {
		return "unknown"
	}
	return *s
}
