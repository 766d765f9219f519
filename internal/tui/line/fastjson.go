package line

import (
	"bytes"
	"encoding/json"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// AppendJSON adds the JSON line of e to b, with its line feed: the same as
// Printer.Append of v.Record(e) adds in FormatJSON, without making the record.
// Events with an agent's text in them, which are nearly all there are, are not
// decoded for it.
func (v View) AppendJSON(b []byte, e *event.Event) []byte {
	r := Record{raw: new(words)}
	var content []byte
	if v.Several != nil || !v.sketch(&r, e, &content) {
		return append(v.Record(e).appendJSON(b), '\n')
	}
	from := len(b)
	b = append(b, e.Wire[:len(e.Wire)-1]...)
	b = append(b, `,"agent":`...)
	if v.Agent.IsZero() {
		b = append(b, "null"...)
	} else {
		b = appendText(b, v.Names.Address(v.Agent))
	}
	b = append(b, `,"why":"`...)
	b = append(b, r.Why...)
	b = append(b, `","addressed":`...)
	b = append(b, boolText[r.Addressed]...)
	b = append(b, `,"sender":`...)
	b = v.appendSender(b, r.From)
	b = append(b, `,"text":`...)
	b = appendContent(b, content)
	b = append(b, `,"channel":{"id":`...)
	b = appendText(b, r.raw.Channel.ID)
	b = append(b, `,"name":`...)
	b = appendText(b, r.raw.Channel.Name)
	b = append(b, `,"kind":`...)
	b = appendText(b, string(r.raw.Channel.Kind))
	b = append(b, "}}"...)
	if safe := text.EscapeJSON(b[from:]); len(safe) != len(b)-from {
		b = append(b[:from], safe...)
	}
	return append(b, '\n')
}

var boolText = map[bool]string{true: "true", false: "false"}

func (v View) appendSender(b []byte, from event.Agent) []byte {
	switch from {
	case event.Agent{}:
		return append(b, "null"...)
	case event.Agent{Name: system}:
		return append(b, `"`+system+`"`...)
	}
	return appendText(b, v.Names.Address(from))
}

// sketch fills in what the JSON form says of an event that holds an agent's
// text. It reports false for others, and for payloads that must be decoded.
func (v View) sketch(r *Record, e *event.Event, content *[]byte) bool {
	switch e.Type {
	case event.MessageNew, event.MessageEdited, event.DMReceived, event.NoteCreated:
	default:
		return false
	}
	if len(e.Wire) < 2 || e.Wire[0] != '{' || e.Channel == "" {
		return false
	}
	var sender, project, name, kind string
	ok := true
	take := func(s *string, value []byte) {
		if string(value) != "null" {
			*s, ok = unquoted(value, ok)
		}
	}
	r.Event = e
	whole := event.EachMember(e.Payload, func(member, value []byte) {
		switch string(member) {
		case "content":
			*content = value
		case "sender_id":
			take(&sender, value)
		case "sender_project_id":
			take(&project, value)
		case "channel_name":
			take(&name, value)
		case "channel_kind":
			take(&kind, value)
		case "channel_members":
			var names []string
			ok = json.Unmarshal(value, &names) == nil && ok
			r.Members = parseAgents(names)
		}
	})
	if !whole || !ok || len(*content) < 2 || (*content)[0] != '"' {
		return false
	}
	if sender != "" {
		r.From = event.Agent{Name: sender, Project: project}
	}
	v.place(r, e.Channel, name, kindOf(event.Kind(kind), e.Channel))
	r.Sent = !r.From.IsZero() && r.From == v.Agent
	if bytes.IndexByte(*content, '@') >= 0 && !v.Agent.IsZero() { // it may mention the agent
		if json.Unmarshal(*content, &r.raw.Text) != nil {
			return false
		}
	}
	r.Why = v.why(r)
	v.address(r)
	return true
}

// unquoted returns the string that a JSON string without escapes holds, and
// whether it is one.
func unquoted(value []byte, ok bool) (string, bool) {
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	return string(value[1 : len(value)-1]), ok
}

// appendText appends s as a JSON string in which < > & stay as they are.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return append(b, encode(s)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendContent appends a JSON string as it is written, but for what json.Marshal
// escapes only for the sake of web pages.
func appendContent(b, value []byte) []byte {
	for {
		i := bytes.IndexByte(value, '\\')
		if i < 0 || i+1 >= len(value) {
			return append(b, value...)
		}
		b = append(b, value[:i]...)
		n := 2
		if value[i+1] == 'u' && i+6 <= len(value) {
			n = 6
		}
		switch escape := value[i : i+n]; string(escape) {
		case `\u003c`:
			b = append(b, '<')
		case `\u003e`:
			b = append(b, '>')
		case `\u0026`:
			b = append(b, '&')
		case `\ufffd`: // what was no UTF-8
			b = append(b, "\ufffd"...)
		default:
			b = append(b, escape...)
		}
		value = value[i+n:]
	}
}
