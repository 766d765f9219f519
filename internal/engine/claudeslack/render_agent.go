package claudeslack

import (
	"strconv"

	"cslack-stream/internal/engine/event"
)

func (r *renderer) agentPut(row AgentPut) {
	k := AgentKey(row.Name, row.ProjectID)
	before, known := r.agents[k]
	r.putAgent(row.AgentStatus)
	a := row.AgentStatus
	switch {
	case !known:
		r.emitAgent(event.AgentRegistered, k, a)
	case deref(before.Status) != deref(a.Status):
		a.PreviousStatus = new(deref(before.Status))
		r.emitAgent(event.AgentStatusChanged, k, a)
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (r *renderer) emitAgent(t event.Type, k event.Agent, a event.AgentStatus) {
	r.emit(event.Event{Type: t, EntityType: "agent", EntityID: k.String(), Project: k.Project}, a, r.discovery(k))
}

func (r *renderer) linkPut(row LinkPut) {
	was := r.linked(row.ProjectA, row.ProjectB)
	r.putLink(row.Link)
	if row.Enabled && !was {
		e := event.Event{Type: event.ProjectLinked, EntityType: "link", EntityID: row.ProjectA + "/" + row.ProjectB}
		r.emit(e, row.Link, r.inProjects(row.ProjectA, row.ProjectB))
	}
}

func (r *renderer) configSynced(row ConfigSynced) {
	if row.ConfigHash == r.meta.ConfigHash {
		return
	}
	r.meta.ConfigHash = row.ConfigHash
	r.touch(kindMeta)
	e := event.Event{Type: event.ConfigUpdated, EntityType: "config", EntityID: strconv.FormatInt(row.ID, 10)}
	audience := r.everyone()
	if row.ProjectID != nil {
		e.Project = *row.ProjectID
		if deref(row.Scope) == "project" {
			audience = r.inProjects(e.Project)
		}
	}
	r.emit(e, row.ConfigSync, audience)
}
