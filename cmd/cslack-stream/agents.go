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
	"github.com/spf13/pflag"
)

// listOptions are the flags of commands that list something.
type listOptions struct {
	source sourceFlags
	output string
	agent  string
}

func (o *listOptions) add(flags *pflag.FlagSet) {
	flags.StringVarP(&o.output, "output", "o", "text", "text, json (one array) or jsonl (one object a line)")
	o.source.add(flags)
}

// open opens the source, and gives the agents too.
func (o *listOptions) open(ctx context.Context, env *environment) (*attachment, []event.AgentInfo, error) {
	a, err := env.Open(ctx, env, o.source)
	if err != nil {
		return nil, nil, err
	}
	infos, err := a.Agents(ctx)
	if err != nil {
		a.close()
		return nil, nil, err
	}
	return a, infos, nil
}

// newAgentsCommand makes the command that lists agents.
func newAgentsCommand(env *environment) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "agents",
		Short: "List the agents of the workspace",
		Long: `agents lists the agents of the workspace: as a table on a terminal, otherwise
tab separated (address, project id, status, last active, channels, description,
last seen checking, waiting). Claude-Slack does not record a check that repeats
one of the ten minutes before: an agent may have checked since.`,
		Example: `  cslack-stream agents
  cslack-stream agents -o json | jq -r '.[].name'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listAgents(cmd.Context(), env, o) },
	}
	o.add(cmd.Flags())
	return cmd
}

func listAgents(ctx context.Context, env *environment, o listOptions) error {
	a, infos, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	defer a.close()
	terminal := env.IsTerminal(env.Stdout)
	names := line.NewNames(infos)
	slices.SortFunc(infos, func(a, b event.AgentInfo) int {
		return cmp.Compare(names.Address(a.Key()), names.Address(b.Key()))
	})
	return env.agentTable(infos, names, terminal).print(env.Stdout, o.output, terminal)
}

// agentTable lists agents. For people, who was seen checking has columns only
// if anybody ever was; for programs these are always there, at the end, so
// that columns keep their places.
func (env *environment) agentTable(infos []event.AgentInfo, names *line.Names, terminal bool) *table {
	t := &table{headings: []string{"AGENT", "PROJECT", "STATUS", "ACTIVE", "CHANNELS"}}
	checked := slices.ContainsFunc(infos, func(i event.AgentInfo) bool { return i.CheckedAt != nil })
	if checked {
		t.headings = append(t.headings, "CHECKED", "WAITING")
	}
	t.headings = append(t.headings, "DESCRIPTION")
	for _, i := range infos {
		project := i.Key().Project
		if terminal {
			project = names.Project(project)
		}
		row := []string{names.Address(i.Key()), project, value(i.Status), env.lastActive(i, terminal), strconv.FormatInt(i.Channels, 10)}
		checks := []string{env.lastChecked(i, terminal), ""}
		if i.Waiting != nil {
			checks[1] = strconv.FormatInt(*i.Waiting, 10)
		}
		switch {
		case !terminal:
			row = append(append(row, value(i.Description)), checks...)
		case checked:
			row = append(append(row, checks...), value(i.Description))
		default:
			row = append(row, value(i.Description))
		}
		t.objects = append(t.objects, i)
		t.rows = append(t.rows, row)
	}
	return t
}

// lastActive says when an agent was last active.
func (env *environment) lastActive(i event.AgentInfo, ago bool) string {
	at, ok := claudeslack.Time(i.LastActive)
	return env.when(at, ok, ago)
}

// lastChecked says when an agent was last seen checking.
func (env *environment) lastChecked(i event.AgentInfo, ago bool) string {
	at, err := time.Parse(time.RFC3339, value(i.CheckedAt))
	return env.when(at, err == nil, ago)
}

// when says when something was, if it ever was: how long ago for people, the
// time for programs.
func (env *environment) when(at time.Time, ok, ago bool) string {
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
				continue // a shell would take the backslashes for its own
			}
			about := "active " + env.lastActive(i, true)
			if d := value(i.Description); d != "" {
				about += ", " + text.Truncate(text.Line(d), 60)
			}
			out = append(out, cobra.CompletionWithDesc(address, about))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
