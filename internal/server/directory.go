package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
)

// Directory lists who and what is in the workspace.
type Directory interface {
	// Agents returns all agents, each once.
	Agents(ctx context.Context) ([]event.AgentInfo, error)
	// Channels returns the channels that agent is in or may know of; for the
	// zero Agent all channels.
	Channels(ctx context.Context, agent event.Agent) ([]event.Channel, error)
}

// resolve finds the agent that a reader means: project is an id, or a name
// that only one project with such an agent has; empty means a global agent.
// If there is none, the error tells what was probably meant.
func resolve(agents []event.AgentInfo, name, project string) (event.Agent, error) {
	var named []event.AgentInfo // by that name, in any project
	var inProject []string      // ids of the projects that are called so
	for _, a := range agents {
		if a.Name != name {
			continue
		}
		key := a.Key()
		if key.Project == project {
			return key, nil
		}
		named = append(named, a)
		if project != "" && a.ProjectName != nil && *a.ProjectName == project {
			inProject = append(inProject, key.Project)
		}
	}
	switch len(inProject) {
	case 0:
		return event.Agent{}, unknownAgent(agents, named, name, project)
	case 1:
		return event.Agent{Name: name, Project: inProject[0]}, nil
	default:
		return event.Agent{}, badRequest("project %q names %d projects: use project=ID, one of %s",
			clip(project), len(inProject), list(inProject))
	}
}

func unknownAgent(agents, named []event.AgentInfo, name, project string) *apiError {
	none := fmt.Sprintf("there is no global agent %q", clip(name))
	if project != "" {
		none = fmt.Sprintf("there is no agent %q in project %q", clip(name), clip(project))
	}
	if len(named) == 1 && named[0].Key().Project == "" {
		return notFound("%s, but a global one: leave project out", none)
	}
	if len(named) == 1 {
		return notFound("%s, but there is one elsewhere: use project=%s", none, projectOf(named[0]))
	}
	if len(named) > 1 {
		var projects []string
		for _, a := range named {
			projects = append(projects, projectOf(a))
		}
		return notFound("%s: use project=ID, one of %s", none, list(projects))
	}
	if near := nearest(agents, name); len(near) > 0 {
		return notFound("%s: did you mean %s?", none, list(near))
	}
	return notFound("%s: GET /api/agents lists all", none)
}

// projectOf writes a project so that it can be used in a request.
func projectOf(a event.AgentInfo) string {
	id := a.Key().Project
	if id == "" {
		return "(none: global)"
	}
	if a.ProjectName != nil && *a.ProjectName != "" && *a.ProjectName != id {
		return fmt.Sprintf("%s (%s)", clip(id), clip(*a.ProjectName))
	}
	return clip(id)
}

// list joins a few of many.
func list(items []string) string {
	const most = 5
	if len(items) > most {
		return strings.Join(items[:most], ", ") + ", …"
	}
	return strings.Join(items, ", ")
}

// nearest returns up to three names that look like name.
func nearest(agents []event.AgentInfo, name string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	for _, a := range agents {
		// A third of the letters may be wrong; long names are not worth the work.
		if len(a.Name) > 80 || len(name) > 80 {
			continue
		}
		d := distance(strings.ToLower(a.Name), strings.ToLower(name))
		if d <= (len(name)+2)/3 && !slices.ContainsFunc(found, func(c candidate) bool { return c.name == a.Name }) {
			found = append(found, candidate{a.Name, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range found[:min(3, len(found))] {
		out = append(out, fmt.Sprintf("%q", c.name))
	}
	return out
}

// distance is how many bytes have to be inserted, deleted or replaced to make
// b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
