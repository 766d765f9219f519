package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"cslack-stream/internal/engine/event"
)

// maxAudiences bounds how many sets of recipients are remembered by their
// text.
const maxAudiences = 4096

// audiences are the sets of recipients of a recording. Equal ones are shared.
// It is safe for concurrent use.
type audiences struct {
	mu     sync.Mutex
	roster *event.Roster
	known  map[string]*event.Audience
}

func newAudiences() *audiences {
	return &audiences{roster: new(event.Roster), known: make(map[string]*event.Audience)}
}

// split takes the audience off the end of an event's line; nil if the line has
// none. The wire form that remains is the line's own memory.
func (a *audiences) split(line []byte) ([]byte, *event.Audience, error) {
	i := bytes.LastIndex(line, []byte(audienceMember))
	if i < 0 {
		return line, nil, nil
	}
	// Inside a string the quotes would be escaped; inside the payload more
	// than one brace would follow.
	list, ok := bytes.CutSuffix(line[i+len(audienceMember)-1:], []byte("}"))
	if !ok || !json.Valid(list) {
		return line, nil, nil
	}
	audience, err := a.get(list)
	if err != nil {
		return nil, nil, err
	}
	return append(line[:i], '}'), audience, nil
}

// get returns the audience that a JSON list of agents names.
func (a *audiences) get(list []byte) (*event.Audience, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.known[string(list)]; ok {
		return known, nil
	}
	var names []string
	if err := json.Unmarshal(list, &names); err != nil {
		return nil, fmt.Errorf("read audience: %w", err)
	}
	var set event.Bitmap
	for _, name := range names {
		agent, err := event.ParseAgent(name)
		if err != nil {
			return nil, fmt.Errorf("read audience: %w", err)
		}
		set.Add(a.roster.Add(agent))
	}
	if len(a.known) >= maxAudiences {
		clear(a.known)
	}
	audience := a.roster.Intern(set)
	a.known[string(list)] = audience
	return audience, nil
}
