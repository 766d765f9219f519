package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
)

// Explainer says why agents get events, or do not.
type Explainer interface {
	// Find returns the event with that id: a cursor, or message:ID for the
	// event with which a message began. It returns event.ErrNotFound, or a
	// *event.GapError if the id is of another log or was removed.
	Find(ctx context.Context, id string) (*event.Event, error)
	// Why explains whether agent gets an event that Find returned.
	Why(ctx context.Context, e *event.Event, agent event.Agent) (event.Why, error)
}

// explanation is an answer with its sentence, in which agents are called as
// people call them and times are UTC.
type explanation struct {
	event.Why
	Text string `json:"text"`
}

// why is GET /api/why.
func (s *Server) why(r *http.Request) (any, error) {
	if s.opts.Explainer == nil || s.opts.Directory == nil {
		return nil, unavailable("this server can not explain events", nil)
	}
	v, err := values(r)
	if err != nil {
		return nil, err
	}
	id := v.Get("event")
	if c, err := event.ParseCursor(id); (err != nil || c.IsZero()) && !strings.HasPrefix(id, "message:") {
		return nil, badRequest("event=%s: want the id of an event, or message:NUMBER", clip(id))
	}
	who, err := s.parseView(r.Context(), v)
	if err != nil {
		return nil, err
	}
	if who.operator {
		return nil, badRequest("view=operator: an operator sees every event; add agent=NAME, and project=ID unless the agent is global")
	}
	e, err := s.opts.Explainer.Find(r.Context(), id)
	if err != nil {
		return nil, findError(id, err)
	}
	w, err := s.opts.Explainer.Why(r.Context(), e, who.agent)
	if err != nil {
		return nil, fmt.Errorf("explain event %s: %w", e.Cursor, err)
	}
	agents, err := s.opts.Directory.Agents(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	called := addresses(agents)
	return explanation{Why: w, Text: w.Sentence(called(w.Agent), called, time.UTC)}, nil
}

// findError says what is wrong with an id that leads to no event.
func findError(id string, err error) error {
	if gap := asGap(err); gap != nil {
		return notFound("%v: oldest kept is behind %s", gap, gap.Oldest)
	}
	if errors.Is(err, event.ErrNotFound) {
		return notFound("there is no event %q: it was never there, or is no longer kept", clip(id))
	}
	return fmt.Errorf("find event: %w", err)
}

// addresses returns what tells how an agent is called: name@project.
func addresses(agents []event.AgentInfo) func(key string) string {
	called := make(map[string]string, len(agents))
	for _, a := range agents {
		switch key := a.Key(); {
		case key.Project == "":
			called[key.String()] = a.Name + "@global"
		case a.ProjectName != nil && *a.ProjectName != "":
			called[key.String()] = a.Name + "@" + *a.ProjectName
		}
	}
	return func(key string) string {
		if c := called[key]; c != "" {
			return c
		}
		return key
	}
}
