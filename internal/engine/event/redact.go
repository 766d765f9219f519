package event

import "encoding/json"

// RedactedText stands where the text of a deleted message was.
const RedactedText = "[redacted]"

// Redacted returns a copy of e, an event about a message, without the message's
// text and the one that an edit replaced. Everything else is as it was, and the
// copy is encoded if e is. Of a payload that can not be read nothing is left.
func (e *Event) Redacted() *Event {
	out := *e
	out.Payload = redacted(e.Payload)
	if len(e.Wire) > 0 {
		_ = out.Encode() // only a payload that is no JSON fails
	}
	return &out
}

func redacted(payload json.RawMessage) json.RawMessage {
	var m Message
	if json.Unmarshal(payload, &m) == nil {
		text := RedactedText
		m.Content = text
		if m.Previous != nil && m.Previous.Content != nil {
			m.Previous.Content = &text
		}
		if b, err := json.Marshal(m); err == nil {
			return b
		}
	}
	return json.RawMessage(`{"content":"` + RedactedText + `"}`)
}
