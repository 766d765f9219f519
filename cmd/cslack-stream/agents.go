package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"

	"github.com/spf13/cobra"
)

// listOptions are the flags of commands that list something.
type listOptions struct {
	source sourceFlags
	output string
	agent  string
}

// newAgentsCommand makes the command that lists agents.
func newAgentsCommand(env *environment) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "agents",
		Short: "List the agents of the workspace",
		Long: `agents lists the agents of the workspace: as a table on a terminal, otherwise
tab separated (address, project id, status, last active, channels, description).`,
		Example: `  cslack-stream agents
  cslack-stream agents -o json | jq -r '.[].name'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listAgents(cmd.Context(), env, o) },
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "text, json (one array) or jsonl (one object a line)")
	o.source.add(cmd.Flags())
	return cmd
}

func listAgents(ctx context.Context, env *environment, o listOptions) error {
	a, err := env.Open(ctx, env, o.source)
	if err != nil {
		return err
	}
	defer a.close()
	infos, err := a.Agents(ctx)
	if err != nil {
		return err
	}
	terminal := env.IsTerminal(env.Stdout)
	names := line.NewNames(infos)
	slices.SortFunc(infos, func(a, b event.AgentInfo) int {
		return cmp.Compare(names.Address(a.Key()), names.Address(b.Key()))
	})
	t := table{headings: []string{"AGENT", "PROJECT", "STATUS", "ACTIVE", "CHANNELS", "DESCRIPTION"}}
	for _, i := range infos {
		project := i.Key().Project
		if terminal {
			project = names.Project(project)
		}
		t.objects = append(t.objects, i)
		t.rows = append(t.rows, []string{
			names.Address(i.Key()), project, value(i.Status), env.lastActive(i, terminal), strconv.FormatInt(i.Channels, 10), value(i.Description),
		})
	}
	return t.print(env.Stdout, o.output, terminal)
}

// lastActive says when an agent was last active: how long ago for people, the
// time for programs.
func (env *environment) lastActive(i event.AgentInfo, ago bool) string {
	at, ok := claudeslack.Time(i.LastActive)
	switch {
	case !ok && ago:
		return "never"
	case !ok:
		return ""
	case ago:
		return line.Ago(env.Now().Sub(at))
	}
	return at.In(env.Location).Format(time.RFC3339)
}

// value is an optional string; empty if it is not there.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// completeAgents offers the agents to the shell, with what helps to choose.
func completeAgents(env *environment, f *sourceFlags) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		infos, err := withSource(env, *f, func(ctx context.Context, a *attachment) ([]event.AgentInfo, error) { return a.Agents(ctx) })
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := line.NewNames(infos)
		var out []cobra.Completion
		for _, i := range infos {
			address := names.Address(i.Key())
			if names.Short(i.Key(), "\x00") == i.Name {
				address = i.Name // unique as it is
			}
			if address != text.Name(address) {
				continue // can not be typed
			}
			about := "active " + env.lastActive(i, true)
			if d := value(i.Description); d != "" {
				about += ", " + text.Truncate(text.Name(d), 60)
			}
			out = append(out, cobra.CompletionWithDesc(address, about))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
