package replay

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
)

// State is what an agent could see at a moment, folded from the events before
// it: the channels it was in, who else was, and what was said there, also
// before it joined, as the host shows it. What no event tells is not in it.
type State struct {
	agent    event.Agent // zero: an operator, who sees everything
	complete bool        // every event is there, with all who saw it
	places   map[string]*place
	statuses map[event.Agent]Status
	cursor   event.Cursor
	recorded time.Time
}

// Status is what an agent was up to, in its own word, and since when that was
// so; empty if it never said.
type Status struct {
	Agent  event.Agent
	Status string
	Since  time.Time
}

// NewState returns the state before any event, as agent sees it, or an
// operator for the zero Agent. Complete tells that the events will be those of
// an operator's stream with their audiences, not only those of the agent's.
func NewState(agent event.Agent, complete bool) *State {
	return &State{agent: agent, complete: complete, places: make(map[string]*place), statuses: make(map[event.Agent]Status)}
}

// Place is a channel, the direct channel of two agents, or an agent's notes.
type Place struct {
	ID       string
	Name     string
	Kind     event.Kind
	Archived bool
	Members  []event.Agent // in the order of their names
}

type place struct {
	Place
	members  map[event.Agent]bool
	audience *event.Audience // that the members were taken from last
	said     []said          // the newest, in the order of their ids
	let      bool            // older ones were let go
}

// said is a message as it was last.
type said struct {
	id      int64
	event   *event.Event
	deleted bool
}

const (
	// StateMessages is how many messages a state tells at most.
	StateMessages = 50
	// mostSaid bounds what is held of each channel, deleted messages among it.
	mostSaid = 4 * StateMessages
)

// Take takes in the next event.
func (s *State) Take(e *event.Event) {
	s.cursor = e.Cursor
	if !e.Backfilled && s.recorded.IsZero() {
		s.recorded = e.CreatedAt
	}
	switch e.Type {
	case event.AgentRegistered, event.AgentStatusChanged:
		s.takeStatus(e)
		return
	}
	if e.Channel == "" {
		return
	}
	switch e.Type {
	case event.ChannelCreated, event.ChannelUpdated, event.ChannelArchived, event.DMChannelCreated:
		s.takeChannel(e)
	case event.MemberJoined, event.MemberLeft:
		s.takeMember(e)
	case event.MessageNew, event.MessageEdited, event.MessageDeleted, event.NoteCreated, event.NoteTagged:
		s.takeMessage(e)
	}
}

// takeStatus takes in what an agent is up to, if the agent saw it say so.
func (s *State) takeStatus(e *event.Event) {
	var a event.AgentStatus
	unseen := s.complete && !s.agent.IsZero() && !e.VisibleTo(s.agent)
	if unseen || json.Unmarshal(e.Payload, &a) != nil || a.Name == "" {
		return
	}
	now := Status{Agent: event.Agent{Name: a.Name}, Since: e.CreatedAt}
	if a.ProjectID != nil {
		now.Agent.Project = *a.ProjectID
	}
	if a.Status != nil {
		now.Status = *a.Status
	}
	s.statuses[now.Agent] = now
}

// Statuses are those of the agents that the agent knew of, by their names.
func (s *State) Statuses() []Status {
	return slices.SortedFunc(maps.Values(s.statuses), func(a, b Status) int { return strings.Compare(a.Agent.String(), b.Agent.String()) })
}

// place is the channel with that id, by its newest name.
func (s *State) place(id, name string, kind event.Kind) *place {
	p := s.places[id]
	if p == nil {
		p = &place{Place: Place{ID: id, Kind: event.KindChannel}, members: make(map[event.Agent]bool)}
		s.places[id] = p
	}
	p.Name = name
	if kind != "" {
		p.Kind = kind
	}
	return p
}

func (s *State) takeChannel(e *event.Event) {
	var c event.Channel
	if json.Unmarshal(e.Payload, &c) != nil {
		return
	}
	p := s.place(e.Channel, c.Name, c.Kind)
	p.Archived = c.IsArchived
	p.add(c.Members)
}

func (p *place) add(names []string) {
	for _, name := range names {
		if a, err := event.ParseAgent(name); err == nil {
			p.members[a] = true
		}
	}
}

func (s *State) takeMember(e *event.Event) {
	var m event.Member
	if json.Unmarshal(e.Payload, &m) != nil {
		return
	}
	a := event.Agent{Name: m.AgentName}
	if m.AgentProjectID != nil {
		a.Project = *m.AgentProjectID
	}
	p := s.place(e.Channel, m.ChannelName, m.ChannelKind)
	s.ground(p, e)
	if e.Type == event.MemberLeft {
		delete(p.members, a)
		p.audience = nil // has one who is no member any more
	} else {
		p.members[a] = true
	}
}

// ground takes the members from those who got an event that goes to all of
// them: whatever is known of joins, they were members then.
func (s *State) ground(p *place, e *event.Event) {
	switch {
	case s.complete && e.Audience != nil:
		if p.audience != e.Audience {
			clear(p.members)
			for _, a := range e.Audience.Agents() {
				p.members[a] = true
			}
			p.audience = e.Audience
		}
	case !s.agent.IsZero():
		p.members[s.agent] = true
	}
}

func (s *State) takeMessage(e *event.Event) {
	var m event.Message
	if json.Unmarshal(e.Payload, &m) != nil {
		return
	}
	p := s.place(e.Channel, m.ChannelName, m.ChannelKind)
	if p.Kind == event.KindDirect {
		p.add(m.ChannelMembers)
	} else {
		s.ground(p, e)
	}
	p.say(said{m.ID, e, e.Type == event.MessageDeleted})
}

// say takes in what a message is now. What was deleted stays so.
func (p *place) say(m said) {
	i, known := slices.BinarySearchFunc(p.said, m.id, func(s said, id int64) int { return cmp.Compare(s.id, id) })
	switch {
	case known:
		m.deleted = m.deleted || p.said[i].deleted
		p.said[i] = m
		return
	case i == 0 && p.let:
		return // older than what is held
	}
	if p.said = slices.Insert(p.said, i, m); len(p.said) > mostSaid {
		p.said = slices.Delete(p.said, 0, 1)
		p.let = true
	}
}

// sees tells whether the agent was in a place.
func (s *State) sees(p *place) bool { return s.agent.IsZero() || p.members[s.agent] }

// Recorded is when the first event happened that was captured as it happened;
// zero if none was. What was before is known from the host's tables only, which
// do not tell who was a member when.
func (s *State) Recorded() time.Time { return s.recorded }

// Places are the channels that the agent was in, named ones first, by name.
func (s *State) Places() []Place {
	out := []Place{}
	for _, p := range s.places {
		if !s.sees(p) {
			continue
		}
		shown := p.Place
		shown.Members = slices.SortedFunc(maps.Keys(p.members), func(a, b event.Agent) int { return strings.Compare(a.String(), b.String()) })
		out = append(out, shown)
	}
	rank := map[event.Kind]int{event.KindDirect: 1, event.KindNotes: 2}
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out
}

// Messages are the newest that could be seen, at most StateMessages, oldest
// first: each as the event that changed it last.
func (s *State) Messages() []*event.Event {
	var all []said
	for _, p := range s.places {
		if !s.sees(p) {
			continue
		}
		for _, m := range p.said {
			if !m.deleted {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b said) int { return cmp.Compare(a.id, b.id) })
	out := []*event.Event{}
	for _, m := range all[max(0, len(all)-StateMessages):] {
		out = append(out, m.event)
	}
	return out
}

// StateForm is a state as JSON.
type StateForm struct {
	Type event.Type `json:"type"`
	// At is the moment, and ID the event before it; empty if there is none.
	At time.Time    `json:"at"`
	ID event.Cursor `json:"id"`
	// Agent is who saw it, as name:project; null for an operator.
	Agent *string `json:"agent"`
	// RecordedSince is when recording began; null if it had not.
	RecordedSince *time.Time        `json:"recorded_since"`
	Channels      []PlaceForm       `json:"channels"`
	Agents        []StatusForm      `json:"agents"`
	Messages      []json.RawMessage `json:"messages"`
}

// PlaceForm is a Place as JSON.
type PlaceForm struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Kind       event.Kind `json:"channel_kind"`
	IsArchived bool       `json:"is_archived"`
	Members    []string   `json:"members"`
}

// StatusForm is a Status as JSON.
type StatusForm struct {
	Agent  string    `json:"agent"`
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
}

// Form is the state of that moment as JSON has it.
func (s *State) Form(at time.Time) StateForm {
	f := StateForm{
		Type: "state", At: at.UTC(), ID: s.cursor, RecordedSince: orNull(s.recorded),
		Channels: []PlaceForm{}, Agents: []StatusForm{}, Messages: []json.RawMessage{},
	}
	if !s.agent.IsZero() {
		name := s.agent.String()
		f.Agent = &name
	}
	for _, p := range s.Places() {
		form := PlaceForm{p.ID, p.Name, p.Kind, p.Archived, []string{}}
		for _, a := range p.Members {
			form.Members = append(form.Members, a.String())
		}
		f.Channels = append(f.Channels, form)
	}
	for _, a := range s.Statuses() {
		f.Agents = append(f.Agents, StatusForm{a.Agent.String(), a.Status, a.Since.UTC()})
	}
	for _, e := range s.Messages() {
		f.Messages = append(f.Messages, e.Payload)
	}
	return f
}
