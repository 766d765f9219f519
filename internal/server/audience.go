package server

import (
	"slices"

	"cslack-stream/internal/engine/event"
)

// mostAudiences bounds the lists that one reader keeps.
const mostAudiences = 256

// audiences are who may see events, as it is told to one reader who asked for
// it: for the operator everybody, for others only the agents that they ask
// for, since who else sees an event is not theirs to know. Events of one
// channel share an audience, so a list is written once, not for each event.
type audiences struct {
	asked []event.Agent // none for the operator
	lists map[seers][]byte
}

// seers is what decides who sees an event.
type seers struct {
	audience  *event.Audience // interned
	addressee event.Agent
}

// newAudiences returns nil if the reader did not ask.
func newAudiences(req event.Request) *audiences {
	if !req.Audience {
		return nil
	}
	return &audiences{asked: req.Agents(), lists: make(map[seers][]byte)}
}

// tail is what takes the place of the closing brace of e's wire form.
func (a *audiences) tail(e *event.Event) []byte {
	key := seers{e.Audience, e.Agent}
	if list, ok := a.lists[key]; ok {
		return list
	}
	if len(a.lists) >= mostAudiences {
		clear(a.lists)
	}
	list := event.AppendAudience(nil, a.of(e))
	a.lists[key] = list
	return list
}

// of returns the agents that may see e, as far as they are told.
func (a *audiences) of(e *event.Event) []event.Agent {
	if len(a.asked) > 0 {
		unseen := func(agent event.Agent) bool { return !e.VisibleTo(agent) }
		return slices.DeleteFunc(slices.Clone(a.asked), unseen)
	}
	all := e.Audience.Agents()
	if !e.Agent.IsZero() && !slices.Contains(all, e.Agent) {
		all = append(all, e.Agent)
	}
	return all
}
