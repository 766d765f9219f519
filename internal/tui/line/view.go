package line

import (
	"encoding/json"
	"fmt"
	"strings"

	"cslack-stream/internal/engine/event"
)

// View is the point of view from which events are shown.
type View struct {
	// Agent is whose stream it is. The zero Agent is the operator, who
	// watches everybody.
	Agent event.Agent
	// Several are the agents, Agent the first of them, if more than one is
	// watched; else nil. Then each event is shown as the first of them that
	// sees it does.
	Several *Several
	// Names says how agents are called; nil is fine.
	Names *Names
}

// system is who did what nobody is known to have done.
const system = "system"

// System is who did what the host did itself.
var System = event.Agent{Name: system}

// Record returns e in the words in which it is shown. It never fails: an
// event of a type or with a payload that it does not know is shown by its
// type and entity.
func (v View) Record(e *event.Event) *Record {
	r := &Record{Event: e, raw: new(words)}
	v = v.from(r)
	if !v.Agent.IsZero() {
		r.raw.Agent = v.Names.Address(v.Agent)
	}
	if err := v.describe(r); err != nil {
		r.IsMessage, r.Checked, r.From = false, nil, event.Agent{}
		v.unknown(r)
	}
	if r.raw.Sender = v.Names.Address(r.From); r.From == System {
		r.raw.Sender = system
	}
	if r.raw.Who == "" {
		r.raw.Who = v.who(r.From)
	}
	r.From = event.Agent{Name: shared(r.From.Name), Project: shared(r.From.Project)}
	r.Sent = !r.From.IsZero() && r.From == v.Agent
	r.Why = v.why(r)
	v.address(r)
	r.seal()
	return r
}

func (v View) describe(r *Record) error {
	switch r.Event.Type {
	case event.MessageNew, event.MessageEdited, event.MessageDeleted, event.DMReceived, event.NoteCreated, event.NoteTagged:
		return v.message(r)
	case event.ChannelCreated, event.ChannelUpdated, event.ChannelArchived, event.DMChannelCreated:
		return v.channel(r)
	case event.MemberJoined, event.MemberLeft:
		return v.member(r)
	case event.AgentRegistered, event.AgentStatusChanged:
		return v.agent(r)
	case event.AgentChecked:
		return v.checked(r)
	case event.ProjectLinked:
		return v.link(r)
	case event.ConfigUpdated:
		return v.config(r)
	}
	v.unknown(r)
	return nil
}

// unknown shows an event of which nothing is known but its envelope.
func (v View) unknown(r *Record) {
	e := r.Event
	if e.Channel != "" {
		v.place(r, e.Channel, "", kindOf("", e.Channel))
	}
	if a, err := event.ParseAgent(e.EntityID); err == nil && e.EntityType == "agent" {
		r.From = a
	}
	r.raw.Lead = ""
	r.raw.Text = string(e.Type)
	if r.From.IsZero() {
		r.raw.Text = strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Type, e.EntityType, e.EntityID))
	}
}

// who is the column of who did it.
func (v View) who(a event.Agent) string {
	if a.IsZero() {
		return system
	}
	return v.Names.Short(a, v.near())
}

// place says in which channel it happened.
func (v View) place(r *Record, id, name string, kind event.Kind) {
	where := "#" + name
	switch {
	case kind == event.KindNotes:
		where = "~notes"
	case kind == event.KindDirect:
		where = v.directName(r)
	case name == "":
		where = "#" + id
	}
	r.raw.Where = where
	r.raw.Channel = Channel{ID: id, Name: where, Kind: kind}
}

// directName calls a direct channel by the other party; for somebody who is
// no party, by both.
func (v View) directName(r *Record) string {
	var others []string
	for _, m := range r.Members {
		if m != v.Agent {
			others = append(others, v.who(m))
		}
	}
	switch {
	case len(others) > 0:
		return "@" + strings.Join(others, ",")
	case len(r.Members) > 0: // a direct channel with oneself
		return "@" + v.who(v.Agent)
	case !r.From.IsZero() && r.From != v.Agent:
		return "@" + v.who(r.From)
	}
	return "@" + r.Event.Channel
}

// kindOf trusts what the payload says; the prefixes of ids are safe to tell
// the kind, never the people.
func kindOf(kind event.Kind, id string) event.Kind {
	switch {
	case kind != "":
		return kind
	case strings.HasPrefix(id, "notes:"):
		return event.KindNotes
	case strings.HasPrefix(id, "dm:"):
		return event.KindDirect
	}
	return event.KindChannel
}

func parseAgents(names []string) []event.Agent {
	var out []event.Agent
	for _, n := range names {
		if a, err := event.ParseAgent(n); err == nil {
			out = append(out, a)
		}
	}
	return out
}

func decode(e *event.Event, payload any) error {
	if err := json.Unmarshal(e.Payload, payload); err != nil {
		return fmt.Errorf("decode payload of %s: %w", e.Cursor, err)
	}
	return nil
}

// ChannelName calls a channel as its events' lines do: "#dev", "@bob",
// "~notes". It is not sanitised.
func (v View) ChannelName(c event.Channel) string {
	r := &Record{Event: &event.Event{Channel: c.ID}, raw: new(words), Members: parseAgents(c.Members)}
	v.place(r, c.ID, c.Name, kindOf(c.Kind, c.ID))
	return r.raw.Where
}
