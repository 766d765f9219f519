package main

import (
	"context"
	"slices"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

// setView finds the agents that were named, and sees with their eyes.
func (t *tailer) setView(infos []event.AgentInfo) error {
	t.view.Names = line.NewNames(infos)
	for _, name := range t.plan.agents {
		a, err := findAgent(name, infos)
		if err != nil {
			return err
		}
		if !slices.Contains(t.agents, a) {
			t.agents = append(t.agents, a)
		}
	}
	if len(t.agents) > 0 {
		t.view.Agent = t.agents[0]
	}
	t.view.Several = line.NewSeveral(t.agents, t.view.Names)
	if err := t.plan.query.CheckWatched(t.agents, t.view.Names); err != nil {
		return usageError("--query: %w", err)
	}
	return nil
}

// findChannels finds the channels that were named, among those of each agent
// and as that agent calls them.
func (t *tailer) findChannels(ctx context.Context) ([]string, error) {
	if len(t.plan.channels) == 0 {
		return nil, nil
	}
	agents := t.agents
	if len(agents) == 0 {
		agents = []event.Agent{{}} // everything
	}
	lists := make([][]event.Channel, len(agents))
	for i, a := range agents {
		var err error
		if lists[i], err = t.source.Channels(ctx, a); err != nil {
			return nil, err
		}
	}
	var ids []string
	for _, name := range t.plan.channels {
		var found []string
		var none error
		for i, a := range agents {
			of, err := findChannels([]string{name}, lists[i], line.View{Agent: a, Names: t.view.Names})
			if found = append(found, of...); none == nil {
				none = err
			}
		}
		if len(found) == 0 {
			return nil, none
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// addresses are the full names of the agents, sanitised: findAgent knows them.
func (t *tailer) addresses() []string {
	var out []string
	for _, a := range t.agents {
		out = append(out, text.Name(t.view.Names.Address(a)))
	}
	return out
}
