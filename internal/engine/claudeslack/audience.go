package claudeslack

import "cslack-stream/internal/engine/event"

// The audiences below are the host's own permission rules: its views
// agent_channels and agent_discovery, and its channel eligibility.

// membersOf are a channel's active members that have an agents row.
func (ws *Workspace) membersOf(c *channelState) *event.Audience {
	if c.cached == nil {
		c.cached = ws.roster.Intern(ws.memberSet(c))
	}
	return c.cached
}

func (ws *Workspace) memberSet(c *channelState) event.Bitmap {
	var set event.Bitmap
	for m := range c.members {
		ws.include(&set, m)
	}
	return set
}

// membersAnd are a channel's members and one more, if that is an agent.
func (ws *Workspace) membersAnd(c *channelState, k event.Agent) *event.Audience {
	set := ws.memberSet(c)
	ws.include(&set, k)
	return ws.roster.Intern(set)
}

// only is one agent, if there is an agent of that name.
func (ws *Workspace) only(k event.Agent) *event.Audience {
	var set event.Bitmap
	ws.include(&set, k)
	return ws.roster.Intern(set)
}

// existence are those who may know that a channel exists: its members, and,
// unless it is direct or private, everybody in its scope.
func (ws *Workspace) existence(c *channelState) event.Bitmap {
	set := ws.memberSet(c)
	if c.hidden() {
		return set
	}
	project := ""
	if c.Row.ProjectID != nil {
		project = *c.Row.ProjectID
	}
	for k := range ws.agents {
		if c.Row.Scope == "global" || ws.near(k, project) {
			ws.include(&set, k)
		}
	}
	return set
}

// hidden channels exist for their members only.
func (c *channelState) hidden() bool {
	return c.Row.Kind != event.KindChannel || c.Row.AccessType == "private"
}

// near reports whether agent k is in the project, in one linked to it, or
// global.
func (ws *Workspace) near(k event.Agent, project string) bool {
	return k.Project == "" || (project != "" && (k.Project == project || ws.linked(k.Project, project)))
}

// discovery are those who may know of agent a, and a itself.
func (ws *Workspace) discovery(a event.Agent) *event.Audience {
	var set event.Bitmap
	ws.include(&set, a)
	for k := range ws.agents {
		switch ws.agents[a].Discoverable {
		case "public":
			ws.include(&set, k)
		case "project":
			if ws.near(k, a.Project) {
				ws.include(&set, k)
			}
		}
	}
	return ws.roster.Intern(set)
}

// inProjects are the agents of the given projects.
func (ws *Workspace) inProjects(projects ...string) *event.Audience {
	var set event.Bitmap
	for k := range ws.agents {
		for _, p := range projects {
			if k.Project == p {
				ws.include(&set, k)
			}
		}
	}
	return ws.roster.Intern(set)
}

func (ws *Workspace) everyone() *event.Audience {
	var set event.Bitmap
	for k := range ws.agents {
		ws.include(&set, k)
	}
	return ws.roster.Intern(set)
}

// include adds k if the host has an agents row for it.
func (ws *Workspace) include(set *event.Bitmap, k event.Agent) {
	if _, ok := ws.agents[k]; ok {
		set.Add(ws.roster.Add(k))
	}
}
