package main

import (
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

// listed is how many names an error lists.
const listed = 12

// findAgent returns the agent that a user calls input: by its name if no
// other agent has it, as name@project (alice@webapp, alice@global), or as
// name:projectid; also as lists show it. The error lists the choices, or the nearest names.
func findAgent(input string, infos []event.AgentInfo) (event.Agent, error) {
	if strings.TrimSpace(input) == "" {
		return event.Agent{}, usageError("the agent's name is empty: give --agent NAME; cslack-stream agents lists them")
	}
	names := line.NewNames(infos)
	// What is shown names one agent only; it goes before names that read like it.
	if i := slices.IndexFunc(infos, func(i event.AgentInfo) bool { return text.Name(names.Address(i.Key())) == input }); i >= 0 {
		return infos[i].Key(), nil
	}
	var found []event.Agent
	for _, i := range infos {
		a := i.Key()
		switch {
		case a.String() == input, names.Address(a) == input:
			return a, nil
		case isCalled(i, input) && !slices.Contains(found, a):
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return event.Agent{}, unknownAgent(input, infos, names)
	case 1:
		return found[0], nil
	}
	return event.Agent{}, usageError("agent %s is ambiguous: say which, %s", quoted(input), listNames(addresses(found, names), " or "))
}

// isCalled tells whether input is the agent's name, alone or with its
// project's name, id, or the beginning of its id.
func isCalled(i event.AgentInfo, input string) bool {
	if i.Name == input || text.Name(i.Name) == input {
		return true
	}
	project, ok := strings.CutPrefix(input, i.Name+"@")
	if !ok {
		project, ok = strings.CutPrefix(input, text.Name(i.Name)+"@")
	}
	if !ok || project == "" {
		return false
	}
	const shortID = 6
	id := i.Key().Project
	switch {
	case id == "":
		return project == line.Global
	case i.ProjectName != nil && *i.ProjectName == project:
		return true
	}
	return id == project || len(project) >= shortID && strings.HasPrefix(id, project)
}

func unknownAgent(input string, infos []event.AgentInfo, names *line.Names) error {
	if len(infos) == 0 {
		return notFoundError("there is no agent called %s: this workspace has no agents yet", quoted(input))
	}
	var all []event.Agent
	for _, i := range infos {
		all = append(all, i.Key())
	}
	slices.SortFunc(all, func(a, b event.Agent) int { return strings.Compare(names.Address(a), names.Address(b)) })
	addresses := addresses(all, names)
	name, _, _ := strings.Cut(input, "@")
	near := text.Nearest(input, addresses, 3)
	for _, a := range all {
		address := text.Name(names.Address(a))
		if len(near) < 3 && !slices.Contains(near, address) && len(text.Nearest(name, []string{a.Name}, 1)) > 0 {
			near = append(near, address)
		}
	}
	if len(near) > 0 {
		return notFoundError("there is no agent called %s, did you mean %s? There are: %s", quoted(input), listNames(near, " or "), listNames(addresses, " "))
	}
	return notFoundError("there is no agent called %s; there are: %s", quoted(input), listNames(addresses, " "))
}

// addresses are the agents' addresses, fit for a message.
func addresses(agents []event.Agent, names *line.Names) []string {
	var out []string
	for _, a := range agents {
		if s := text.Name(names.Address(a)); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// listNames joins some of many names.
func listNames(names []string, separator string) string {
	if len(names) > listed {
		return strings.Join(names[:listed], separator) + " … (cslack-stream agents lists all)"
	}
	return strings.Join(names, separator)
}
