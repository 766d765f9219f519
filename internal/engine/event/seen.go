package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// audienceMember is the member that a transport adds at the end of an event's
// wire form, for readers that asked who may see it: a list of agents as
// [Agent.String] writes them.
const audienceMember = `,"audience":`

// AppendAudience appends to b what takes the place of the closing brace of an
// event's wire form, so that it says that agents may see the event. What it
// appends has no line breaks, whatever the agents are called.
func AppendAudience(b []byte, agents []Agent) []byte {
	names := make([]string, len(agents))
	for i, a := range agents {
		names[i] = a.String()
	}
	slices.SortFunc(names, strings.Compare)
	list, _ := json.Marshal(names) // can not fail
	b = append(b, audienceMember...)
	b = append(b, list...)
	return append(b, '}')
}

// Decode reads an event from its wire form, which may say who may see it: then
// the event has an Audience of this roster, and its Wire is what readers get
// who did not ask. The event keeps data, and changes it.
func (r *Roster) Decode(data []byte) (*Event, error) {
	var w struct {
		wire
		Audience json.RawMessage `json:"audience"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	e, err := w.event(data)
	if err != nil {
		return nil, err
	}
	if w.Audience == nil {
		return e, nil
	}
	if e.Audience, err = r.decodeAudience(w.Audience); err != nil {
		return nil, fmt.Errorf("decode event %s: audience: %w", e.Cursor, err)
	}
	// Members of a newer server may follow it; then it stays.
	tail := slices.Concat([]byte(audienceMember), w.Audience, []byte("}"))
	if whole, ok := bytes.CutSuffix(data, tail); ok {
		e.Wire = append(whole, '}')
	}
	return e, nil
}

func (r *Roster) decodeAudience(list json.RawMessage) (*Audience, error) {
	var names []string
	if err := json.Unmarshal(list, &names); err != nil || names == nil {
		return nil, fmt.Errorf("want a list of agents, got %q", clip(string(list)))
	}
	var set Bitmap
	for _, name := range names {
		a, err := ParseAgent(name)
		if err != nil {
			return nil, err
		}
		set.Add(r.Add(a))
	}
	return r.Intern(set), nil
}
