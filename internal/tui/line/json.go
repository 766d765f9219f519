package line

import (
	"bytes"
	"encoding/json"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// meaning is what the JSON form of a record adds to the event; field order is
// part of the protocol.
type meaning struct {
	Agent     *string  `json:"agent"`
	Why       Why      `json:"why"`
	Addressed bool     `json:"addressed"`
	Sender    *string  `json:"sender"`
	Text      string   `json:"text"`
	Channel   *Channel `json:"channel"`
	SeenBy    []string `json:"seen_by,omitzero"` // with several watched agents
}

// JSON returns the event as it is on the wire, untouched, with what it means
// to the watched agent added at the end: one line, without its line feed.
func (r *Record) JSON() []byte { return r.appendJSON(nil) }

func (r *Record) appendJSON(b []byte) []byte {
	m := meaning{
		Agent: orNull(r.raw.Agent), Why: r.Why, Addressed: r.Addressed,
		Sender: orNull(r.raw.Sender), Text: r.raw.Text, SeenBy: r.seenRaw(),
	}
	if r.raw.Channel.ID != "" {
		m.Channel = &r.raw.Channel
	}
	wire := oneLine(r.Event)
	line := append([]byte(nil), wire[:len(wire)-1]...)
	if len(line) > 1 {
		line = append(line, ',')
	}
	line = append(line, encode(m)[1:]...)
	return append(b, text.EscapeJSON(line)...)
}

// oneLine returns the wire form of e as one JSON object in one line, also if
// whoever made e did not.
func oneLine(e *event.Event) []byte {
	wire := bytes.TrimSpace(e.Wire)
	if len(wire) < 2 || wire[0] != '{' {
		c := *e
		if len(c.Payload) == 0 {
			c.Payload = json.RawMessage("null")
		}
		if c.Encode() != nil {
			return []byte("{}")
		}
		return c.Wire
	}
	if bytes.ContainsAny(wire, "\r\n") {
		var flat bytes.Buffer
		if json.Compact(&flat, wire) == nil {
			return flat.Bytes()
		}
	}
	return wire
}

// AppendGap adds the JSON line that says that events are missing.
func AppendGap(b []byte, g *event.GapError) []byte {
	type data struct {
		Reason    event.GapReason `json:"reason"`
		Requested *string         `json:"requested"`
		Oldest    string          `json:"oldest"`
		Count     *int64          `json:"count"`
	}
	d := data{Reason: g.Reason, Requested: orNull(g.Requested.String()), Oldest: g.Oldest.String()}
	if g.Count >= 0 {
		d.Count = &g.Count
	}
	return appendControl(b, event.StreamGap, d)
}

// AppendLive adds the JSON line that says that everything from before has
// been shown, and that what follows happens now.
func AppendLive(b []byte) []byte { return appendControl(b, event.StreamLive, nil) }

func appendControl(b []byte, t event.Type, data any) []byte {
	line := encode(struct {
		Type event.Type `json:"type"`
		Data any        `json:"data,omitempty"`
	}{t, data})
	return append(append(b, text.EscapeJSON(line)...), '\n')
}

// encode returns v as JSON in which < > & stay as they are.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return []byte("{}")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
