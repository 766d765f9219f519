package event

import (
	"encoding/json"
	"fmt"
	"time"
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

// Encode sets e.Wire from the other fields. It fails if the payload is not
// JSON.
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
	return nil
}

// Decode reads an event from its wire form. The event keeps data.
func Decode(data []byte) (*Event, error) {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	e := &Event{
		Cursor: w.ID, Type: w.Type, EntityType: w.EntityType, EntityID: w.EntityID,
		Payload: w.Data, Backfilled: w.Backfilled, Wire: data,
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
		e.Agent = a
	}
	if w.ChannelID != nil {
		e.Channel = *w.ChannelID
	}
	if w.ProjectID != nil {
		e.Project = *w.ProjectID
	}
	return e, nil
}
