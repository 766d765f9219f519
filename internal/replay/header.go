package replay

import (
	"encoding/json"
	"fmt"
	"time"

	"cslack-stream/internal/engine/event"
)

// Version is the version of the format that is written. Readers refuse
// others.
const Version = 1

// The types of lines that are neither events nor control frames of streams.
const (
	typeHeader event.Type = "recording"
	typeEnd    event.Type = "recording.end"
)

// Header is the first line of a recording.
type Header struct {
	Type    event.Type `json:"type"`
	Version int        `json:"version"`
	// Epoch is that of the first event; empty if nothing was recorded.
	Epoch string `json:"epoch"`
	// View are the agents whose stream was recorded, as name:project. Empty
	// means everything, as operators see it.
	View  []string `json:"view"`
	Range Range    `json:"range"`
	// RecordedAt is when recording began.
	RecordedAt time.Time `json:"recorded_at"`
	// Agents are the agents of the workspace, by name and project, so that a
	// reader can call them as they are called.
	Agents []Agent `json:"agents"`
}

// Range is what was asked for.
type Range struct {
	// After is the cursor behind which the recording begins: nothing is
	// missing behind it.
	After event.Cursor `json:"after"`
	Since *time.Time   `json:"since"`
	Until *time.Time   `json:"until"`
	// Types and Channels narrowed what was recorded, Narrowed tells that
	// something else did too, such as a query.
	Types    []string `json:"types,omitempty"`
	Channels []string `json:"channels,omitempty"`
	Narrowed bool     `json:"narrowed,omitempty"`
}

// Agent is how an agent is called.
type Agent struct {
	Name        string  `json:"name"`
	ProjectID   *string `json:"project_id"`
	ProjectName *string `json:"project_name"`
}

// end is the last line of a recording that is whole.
type end struct {
	Type event.Type `json:"type"`
	Data struct {
		// Cursor is how far the stream was read: behind the last event, or
		// further, past events that were not for the reader.
		Cursor event.Cursor `json:"cursor"`
		Events int64        `json:"events"`
	} `json:"data"`
}

// HeaderOf describes a recording of what req asks for, in a workspace of these
// agents.
func HeaderOf(req event.Request, agents []event.AgentInfo, now time.Time) Header {
	h := Header{RecordedAt: now.UTC().Truncate(time.Millisecond), View: []string{}, Agents: []Agent{}}
	if !req.Operator {
		h.View = append(h.View, req.Agent.String())
		for _, a := range req.Also {
			h.View = append(h.View, a.String())
		}
	}
	h.Range = Range{
		After: req.After, Since: orNull(req.Since), Until: orNull(req.Until),
		Types: req.Filter.Types, Channels: req.Filter.Channels,
	}
	for _, a := range agents {
		h.Agents = append(h.Agents, Agent{Name: a.Name, ProjectID: a.ProjectID, ProjectName: a.ProjectName})
	}
	return h
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// ParseHeader reads a header, and refuses what is none.
func ParseHeader(data []byte) (Header, error) {
	var h Header
	if err := json.Unmarshal(data, &h); err != nil || h.Type != typeHeader {
		return Header{}, ErrForeign
	}
	if h.Version != Version {
		return Header{}, fmt.Errorf("%w %d, this build knows %d: use the build that made it", ErrVersion, h.Version, Version)
	}
	if _, err := h.Viewers(); err != nil {
		return Header{}, fmt.Errorf("view: %w", err)
	}
	return h, nil
}

// Append appends the header's line to b.
func (h Header) Append(b []byte) ([]byte, error) {
	h.Type, h.Version = typeHeader, Version
	line, err := json.Marshal(h)
	if err != nil {
		return b, fmt.Errorf("encode header of recording: %w", err)
	}
	return append(append(b, line...), '\n'), nil
}

// Viewers are the agents whose stream was recorded; none means everything.
func (h Header) Viewers() ([]event.Agent, error) {
	var out []event.Agent
	for _, s := range h.View {
		a, err := event.ParseAgent(s)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// Infos are the agents as they are listed.
func (h Header) Infos() []event.AgentInfo {
	var out []event.AgentInfo
	for _, a := range h.Agents {
		out = append(out, event.AgentInfo{Name: a.Name, ProjectID: a.ProjectID, ProjectName: a.ProjectName})
	}
	return out
}

// oldest is the cursor from which everything can be read.
func (h Header) oldest() event.Cursor {
	if !h.Range.After.IsZero() || h.Epoch == "" {
		return h.Range.After
	}
	return event.Cursor{Epoch: h.Epoch}
}
