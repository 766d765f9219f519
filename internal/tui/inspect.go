package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// whys say why the watched agent sees an event; %s is the agent.
var whys = map[line.Why]string{
	line.WhySender:    "%s did it",
	line.WhyDMParty:   "%s is one of the two members of this direct channel",
	line.WhyMember:    "%s is a member of the channel",
	line.WhyAddressee: "it is for %s alone",
	line.WhyOwner:     "they are the notes of %s",
	line.WhySelf:      "it is about %s",
	line.WhyScope:     "everybody within the scope sees it",
	line.WhyOperator:  "an operator sees everything",
}

// inspect is everything about the row that is looked at.
func (m *model) inspect() *view.Inspect {
	if m.situation.isShown(m) {
		return m.screenSituation()
	}
	return m.inspectRow(m.inspected(), m.scroll, m.attention)
}

// inspectRow is everything about a row, and what is known of who checked it.
func (m *model) inspectRow(row *timeline.Row, scroll int, known *attention.Track) *view.Inspect {
	if row == nil {
		return &view.Inspect{Title: "nothing selected"}
	}
	r := row.Record
	if r == nil {
		return m.inspectRule(row, scroll)
	}
	out := &view.Inspect{Title: text.Line(string(r.Type())), Scroll: scroll, Body: r.Line()}
	switch r.Channel.Kind {
	case event.KindDirect:
		out.Title += " · direct message"
	case event.KindNotes:
		out.Title += " · note"
	}
	out.Title += " · " + m.ago(r.Time())
	if m.raw {
		out.Title += " · raw"
		out.Body = rawJSON(r)
		return out
	}
	add := func(name, value string) {
		if value != "" {
			out.Fields = append(out.Fields, view.Field{Name: text.Line(name), Value: text.Line(value)})
		}
	}
	add("from", r.Sender)
	add("to", m.recipients(r))
	if r.Where != "" && r.Channel.Kind == event.KindChannel {
		add("channel", r.Where+"  "+r.Channel.ID)
	}
	add("time", r.Time().In(m.o.Location).Format("2006-01-02 15:04:05.000 -07:00"))
	who := m.whoElse(r, known)
	if m.matrix != nil && len(who) > 0 {
		// Who sees it is what was asked for: the rest gives way.
		out.Body = strings.Join(who[1:], "\n") + "\n\n" + out.Body
		return out
	}
	add("id", r.ID())
	why := whys[r.Why]
	if strings.Contains(why, "%s") {
		why = fmt.Sprintf(why, r.Agent)
	}
	if told := m.whyOf(r.ID(), m.agent); told != "" && len(m.agents) == 1 {
		why = told
	}
	add("why", why)
	add("seen by", m.seenBy(r))
	if !m.agent.IsZero() {
		add(text.Name(m.agent.Name), m.seen(m.agent, r, known))
	}
	m.addMessage(r, add)
	add("thread", m.thread(row))
	if !r.IsMessage {
		addPayload(r, add)
	}
	out.More = who
	return out
}

// inspectRule is what there is to say of a row that is no event.
func (m *model) inspectRule(row *timeline.Row, scroll int) *view.Inspect {
	switch row.Kind {
	case timeline.Gap:
		why := "What is missing here can not be loaded: it is no longer retained."
		if row.LetGo() {
			why = "They are still in the event log."
		}
		if row.Missing.Reason == event.GapNotHeld {
			why = "It was not shown when this was recorded."
		}
		return &view.Inspect{Title: "gap", Scroll: scroll, Body: m.missing(row.Missing) + ".\n\n" + why}
	case timeline.Quiet:
		return &view.Inspect{Title: "quiet for " + line.Span(row.Lasted)}
	case timeline.Day:
		return &view.Inspect{Title: row.Day.Format("Monday 2 January 2006")}
	case timeline.Check:
		return &view.Inspect{Title: m.checkRule(row), Scroll: scroll, Body: aboutChecks}
	default:
		return &view.Inspect{Title: edgeText(row.Edge)}
	}
}

// recipients are who a direct message is for.
func (m *model) recipients(r *line.Record) string {
	var to []string
	for _, a := range r.Members {
		if a != r.From {
			to = append(to, text.Name(m.names.Address(a)))
		}
	}
	return strings.Join(to, ", ")
}

// addMessage adds what a message has besides its text.
func (m *model) addMessage(r *line.Record, add func(name, value string)) {
	msg := r.Details()
	if msg == nil {
		return
	}
	add("message", fmt.Sprint(msg.ID))
	if msg.TopicName != nil {
		add("topic", text.Name(*msg.TopicName))
	}
	add("tags", text.Name(strings.Join(msg.Tags, ", ")))
	add("confidence", compact(msg.Confidence))
	if p := msg.Previous; p != nil && p.Content != nil {
		add("before", *p.Content)
	}
	if msg.IsEdited {
		add("edited", compact(msg.EditedAt))
	}
	if msg.DeletedBy != nil {
		add("deleted by", text.Name(*msg.DeletedBy))
	}
	add("meta", compact(msg.Metadata))
}

// addPayload adds the fields of an event that is not about a message.
func addPayload(r *line.Record, add func(name, value string)) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(r.Event.Payload, &fields) != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		add(text.Name(name), text.Words(compact(fields[name])))
	}
}

// compact is a JSON value in one line; empty if there is none.
func compact(b json.RawMessage) string {
	var s string
	var out bytes.Buffer
	switch {
	case len(b) == 0 || string(b) == "null":
		return ""
	case json.Unmarshal(b, &s) == nil:
		return s
	case json.Compact(&out, b) != nil:
		return string(b)
	}
	return out.String()
}

// toggleRaw shows the inspected event as it is on the wire, or in words.
func (m *model) toggleRaw() tea.Cmd {
	if !m.inspecting {
		return m.say(hint(m.keys.Inspect, "").Key + " inspects an event, then " + hint(m.keys.Raw, "").Key + " shows its JSON")
	}
	m.raw, m.scroll = !m.raw, 0
	return nil
}

// rawJSON is an event as it is on the wire, indented.
func rawJSON(r *line.Record) string {
	wire := r.Event.Wire
	if wire == nil {
		e := *r.Event
		if e.Encode() != nil {
			return "this event has no JSON form"
		}
		wire = e.Wire
	}
	var out bytes.Buffer
	if json.Indent(&out, wire, "", "  ") != nil {
		return text.Full(string(wire))
	}
	return text.Full(string(text.EscapeJSON(out.Bytes())))
}
