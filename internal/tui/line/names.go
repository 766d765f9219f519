package line

import (
	"encoding/json"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// Global is how the project of global agents is called.
const Global = "global"

// Names knows how the agents of a workspace are called: alice@webapp when the
// project has a name that no other has, alice:PROJECTID otherwise,
// alice@global for global agents. The nil Names knows nobody and still
// answers. A Names is not safe for concurrent use.
type Names struct {
	agents   map[event.Agent]bool
	sharing  map[string]int    // how many agents have that name
	projects map[string]string // project names by id
	ids      map[string]string // project ids by name; empty: shared by several
}

// NewNames returns the names of the agents given.
func NewNames(infos []event.AgentInfo) *Names {
	n := &Names{
		agents:   make(map[event.Agent]bool),
		sharing:  make(map[string]int),
		projects: make(map[string]string),
		ids:      map[string]string{Global: ""},
	}
	for _, i := range infos {
		n.add(i.Key())
		if i.ProjectID != nil && i.ProjectName != nil && *i.ProjectName != "" {
			n.addProject(*i.ProjectID, *i.ProjectName)
		}
	}
	return n
}

// Learn takes note of the agent that e registers, if it registers one.
func (n *Names) Learn(e *event.Event) {
	if n == nil || e.Type != event.AgentRegistered {
		return
	}
	var a event.AgentStatus
	if json.Unmarshal(e.Payload, &a) == nil && a.Name != "" {
		n.add(agentOf(a.Name, a.ProjectID))
	}
}

func (n *Names) add(a event.Agent) {
	if !n.agents[a] {
		n.agents[a] = true
		n.sharing[a.Name]++
	}
}

func (n *Names) addProject(id, name string) {
	n.projects[id] = name
	if other, taken := n.ids[name]; taken && other != id {
		id = ""
	}
	n.ids[name] = id
}

// Address returns the full name of a, which no other agent has.
func (n *Names) Address(a event.Agent) string {
	switch project := n.project(a.Project); {
	case a.IsZero():
		return ""
	case a.Project == "":
		return a.Name + "@" + Global
	case project != "":
		return a.Name + "@" + project
	}
	return a.String()
}

// OfKey returns the address of the agent whose Agent.String is key, or key if
// no agent is known by it.
func (n *Names) OfKey(key string) string {
	if a, err := event.ParseAgent(key); err == nil && n != nil && n.agents[a] {
		return n.Address(a)
	}
	return key
}

// Refusal returns what a refusal says, in which agents stand as quoted keys,
// with their addresses instead.
func (n *Names) Refusal(message string) string {
	if n == nil {
		return message
	}
	for a := range n.agents {
		message = strings.ReplaceAll(message, strconv.Quote(a.String()), text.Name(n.Address(a)))
	}
	return message
}

// Short returns the name of a alone where it can be no other agent: when
// nobody shares it, or when a is of the project near. Otherwise it returns
// the address.
func (n *Names) Short(a event.Agent, near string) string {
	if n == nil || a.IsZero() || a.Project == near {
		return a.Name
	}
	others := n.sharing[a.Name]
	if n.agents[a] {
		others--
	}
	if others <= 0 {
		return a.Name
	}
	return n.Address(a)
}

// Project returns the name of the project with that id, or the id if the name
// is unknown.
func (n *Names) Project(id string) string {
	switch {
	case id == "":
		return Global
	case n != nil && n.projects[id] != "":
		return n.projects[id]
	}
	return id
}

// project returns the name of the project with that id if it is the only one
// of that name.
func (n *Names) project(id string) string {
	if n == nil || id == "" {
		return ""
	}
	if name := n.projects[id]; name != "" && n.ids[name] == id {
		return name
	}
	return ""
}

func agentOf(name string, project *string) event.Agent {
	return event.Agent{Name: name, Project: deref(project)}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
