package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unique"
)

// Event is one committed change of the host, as readers see it. Once appended
// to a log it is immutable and shared by all readers without copying.
type Event struct {
	// Cursor is the event's position; its offset was given by the log.
	Cursor Cursor
	Type   Type
	// EntityType is message, channel, member, agent, link or config; EntityID
	// is the host's id of it (members: channel/name:project; agents:
	// name:project; links: a/b).
	EntityType, EntityID string
	// Agent is the addressee, if there is one: it sees the event whatever the
	// audience.
	Agent Agent
	// Channel and Project are where it happened; empty: in none.
	Channel, Project string
	// Payload is one JSON object: see the payload types of this package.
	Payload json.RawMessage
	// CreatedAt is the commit time to the millisecond, UTC. ExpiresAt is when
	// retention may remove the event; zero means not decided here.
	CreatedAt, ExpiresAt time.Time
	// Audience are the agents who may see the event. It is nil on events that
	// came over a transport, where the other side has applied it, unless the
	// request asked for it.
	Audience *Audience
	// Change is the id of the last row change that the event was rendered
	// from, in the log's change log; 0 if it has none.
	Change int64
	// Backfilled marks an event made from the host's tables, not from a
	// captured change.
	Backfilled bool
	// Wire is the event as clients see it: one line of JSON without line
	// breaks, encoded once.
	Wire []byte
}

// VisibleTo reports whether agent may see e.
func (e *Event) VisibleTo(agent Agent) bool {
	return (e.Agent == agent && !agent.IsZero()) || e.Audience.Includes(agent)
}

// wire is the JSON object of an event; field order is part of the protocol.
type wire struct {
	Type       Type            `json:"type"`
	ID         Cursor          `json:"id"`
	Timestamp  string          `json:"timestamp"`
	EntityType string          `json:"entity_type"`
	EntityID   string          `json:"entity_id"`
	AgentID    *string         `json:"agent_id"`
	ChannelID  *string         `json:"channel_id"`
	ProjectID  *string         `json:"project_id"`
	Backfilled bool            `json:"backfilled,omitempty"`
	Data       json.RawMessage `json:"data"`
}

// TimeFormat is how times are written on the wire: UTC, milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Encode sets e.Wire from the other fields, and makes the payload a part of it
// if it is there as it is. It fails if the payload is not JSON.
func (e *Event) Encode() error {
	payload := []byte(e.Payload)
	if !EachMember(payload, nil) {
		var err error
		if payload, err = json.Marshal(e.Payload); err != nil {
			return fmt.Errorf("encode event %s: %w", e.Cursor, err)
		}
	}
	b := make([]byte, 0, len(payload)+len(e.EntityID)+len(e.Channel)+len(e.Project)+256)
	b = append(b, `{"type":`...)
	b = appendString(b, string(e.Type))
	b = append(b, `,"id":"`...)
	b, _ = e.Cursor.AppendText(b)
	b = append(b, `","timestamp":"`...)
	b = appendTime(b, e.CreatedAt.UTC())
	b = append(b, `","entity_type":`...)
	b = appendString(b, e.EntityType)
	b = append(b, `,"entity_id":`...)
	b = appendString(b, e.EntityID)
	b = append(b, `,"agent_id":`...)
	if e.Agent.IsZero() {
		b = append(b, "null"...)
	} else {
		b = appendString(b, e.Agent.String())
	}
	b = append(b, `,"channel_id":`...)
	b = appendOrNull(b, e.Channel)
	b = append(b, `,"project_id":`...)
	b = appendOrNull(b, e.Project)
	if e.Backfilled {
		b = append(b, `,"backfilled":true`...)
	}
	b = append(b, `,"data":`...)
	b = append(b, payload...)
	e.Wire = append(b, '}')
	e.Payload = within(e.Wire, e.Payload)
	return nil
}

// within returns the part of a wire form that is the payload, so that the same
// bytes are not held twice; payload itself if it is not there.
func within(wire []byte, payload json.RawMessage) json.RawMessage {
	from, to := len(wire)-1-len(payload), len(wire)-1
	if from < 0 || !bytes.Equal(wire[from:to], payload) {
		return payload
	}
	return wire[from:to:to]
}

// shared returns s, the same for all that are equal: events repeat the names of
// types, channels and agents all the time.
func shared(s string) string { return unique.Make(s).Value() }

// Decode reads an event from its wire form. The event keeps data.
func Decode(data []byte) (*Event, error) {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	return w.event(data)
}

// event is the event whose wire form is data.
func (w *wire) event(data []byte) (*Event, error) {
	e := &Event{
		Cursor: Cursor{shared(w.ID.Epoch), w.ID.Offset}, Type: Type(shared(string(w.Type))),
		EntityType: shared(w.EntityType), EntityID: w.EntityID, Payload: within(data, w.Data), Backfilled: w.Backfilled, Wire: data,
	}
	if w.Timestamp != "" {
		t, err := time.Parse(time.RFC3339Nano, w.Timestamp)
		if err != nil {
			return nil, fmt.Errorf("decode event %s: timestamp: %w", w.ID, err)
		}
		e.CreatedAt = t.UTC()
	}
	if w.AgentID != nil {
		a, err := ParseAgent(*w.AgentID)
		if err != nil {
			return nil, fmt.Errorf("decode event %s: %w", w.ID, err)
		}
		e.Agent = Agent{shared(a.Name), shared(a.Project)}
	}
	if w.ChannelID != nil {
		e.Channel = shared(*w.ChannelID)
	}
	if w.ProjectID != nil {
		e.Project = shared(*w.ProjectID)
	}
	return e, nil
}
