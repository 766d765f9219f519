package claudeslack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
)

// Call is a call of one of the host's tools, as its hook records it before
// the tool runs. Inputs are what an agent wrote, or anybody else who writes
// to the database: they may hold anything.
type Call struct {
	// ProjectID and ProjectPath are those of the session that made the call.
	ProjectID, ProjectPath string
	// Tool is the tool's full name: "mcp__claude-slack__get_messages".
	Tool string
	// Inputs are the tool's inputs, a JSON object.
	Inputs string
	// CalledAt is the host's time of the call.
	CalledAt json.RawMessage
}

// project is the project that the host takes the session to be in. Whenever a
// project is registered again the host's sessions lose its id; it then makes
// it from the path, as it did at first.
func (c Call) project() string {
	if c.ProjectID != "" || c.ProjectPath == "" {
		return c.ProjectID
	}
	sum := sha256.Sum256([]byte(c.ProjectPath))
	return hex.EncodeToString(sum[:])[:32]
}

// readingTool returns the name of the tool without that of its server, if it
// shows an agent the messages of others. Notes are an agent's own.
func (c Call) readingTool() (string, bool) {
	tool := c.Tool
	if i := strings.LastIndex(tool, "__"); i >= 0 {
		tool = tool[i+2:]
	}
	return tool, tool == "get_messages" || tool == "search_messages"
}

// checked tells who was seen checking by a call, and what for. It is nobody
// if the call is of another tool, or names no agent, or one of several.
func (ws *Workspace) checked(c Call) (event.Checked, event.Agent, bool) {
	tool, reads := c.readingTool()
	// A map, because fields of a struct would be found whatever their case.
	var inputs map[string]json.RawMessage
	var id string
	if !reads || json.Unmarshal([]byte(c.Inputs), &inputs) != nil || json.Unmarshal(inputs["agent_id"], &id) != nil {
		return event.Checked{}, event.Agent{}, false
	}
	k, ok := ws.caller(id, c.project())
	if !ok {
		return event.Checked{}, event.Agent{}, false
	}
	p := event.Checked{Name: k.Name, Tool: tool, Channels: channelsAsked(inputs), CalledAt: c.CalledAt}
	if k.Project != "" {
		p.ProjectID = &k.Project
	}
	return p, k, true
}

// channelsAsked are the channels that a call is about. What is no text is no
// channel.
func channelsAsked(inputs map[string]json.RawMessage) (channels []string) {
	var one string
	if json.Unmarshal(inputs["channel_id"], &one) == nil && one != "" {
		channels = append(channels, one)
	}
	var several []string
	if json.Unmarshal(inputs["channels"], &several) == nil {
		channels = append(channels, several...)
	}
	return channels
}

// caller finds the agent that the host takes an agent_id to mean in a session
// of a project: the project's agent, else the global one, else that of a
// linked project. "name@id" asks for a project by the beginning of its id. Of
// several agents the host takes whichever comes first; nothing tells us which
// that was.
func (ws *Workspace) caller(id, project string) (event.Agent, bool) {
	name, hint, _ := strings.Cut(id, "@")
	if hint != "" {
		return ws.sole(name, func(p string) bool { return strings.HasPrefix(p, hint) })
	}
	for _, p := range []string{project, ""} {
		k := event.Agent{Name: name, Project: p}
		if _, known := ws.agents[k]; known {
			return k, true
		}
	}
	return ws.sole(name, func(p string) bool { return ws.linked(p, project) })
}

// sole is the one agent of that name in a project that matches.
func (ws *Workspace) sole(name string, matches func(project string) bool) (found event.Agent, ok bool) {
	for k := range ws.agents {
		if k.Name != name || k.Project == "" || !matches(k.Project) {
			continue
		}
		if ok {
			return event.Agent{}, false
		}
		found, ok = k, true
	}
	return found, ok
}

// eachCheck calls f for every call of the tables by which an agent was seen
// checking, and that says when.
func (ws *Workspace) eachCheck(t Tables, f func(event.Checked, event.Agent, time.Time)) {
	for _, c := range t.Calls {
		at, ok := Time(c.CalledAt)
		if p, k, known := ws.checked(c); ok && known {
			f(p, k, at)
		}
	}
}

func (ws *Workspace) setChecked(k event.Agent, at time.Time) {
	a := ws.agents[k]
	a.Checked = at
	ws.agents[k] = a
	ws.touch(kindAgent, k.Name, k.Project)
}

// Checked returns when agents were last seen checking, those who ever were.
func (ws *Workspace) Checked() map[event.Agent]time.Time {
	out := make(map[event.Agent]time.Time)
	for k, a := range ws.agents {
		if !a.Checked.IsZero() {
			out[k] = a.Checked
		}
	}
	return out
}

func (r *renderer) toolCalled(c Call) {
	if p, k, ok := r.checked(c); ok {
		r.setChecked(k, r.change.At)
		r.emitChecked(p, k)
	}
}

func (r *renderer) emitChecked(p event.Checked, k event.Agent) {
	e := event.Event{Type: event.AgentChecked, EntityType: "agent", EntityID: k.String(), Agent: k, Project: k.Project}
	r.emit(e, p, r.only(k))
}
