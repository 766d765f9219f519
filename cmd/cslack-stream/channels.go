package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"

	"github.com/spf13/cobra"
)

// newChannelsCommand makes the command that lists channels.
func newChannelsCommand(env *environment) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "channels",
		Short: "List the channels of the workspace, or those of one agent",
		Long: `channels lists the channels that an agent is in or may know of, or all of them:
as a table on a terminal, otherwise tab separated (name, kind, access, scope,
project id, archived, id, description).`,
		Example: `  cslack-stream channels
  cslack-stream channels --agent alice -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listChannels(cmd.Context(), env, o) },
	}
	cmd.Flags().StringVarP(&o.agent, "agent", "a", "", "only what this agent may know of: `NAME[@PROJECT]`")
	o.add(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("agent", completeAgents(env, &o.source))
	return cmd
}

func listChannels(ctx context.Context, env *environment, o listOptions) error {
	a, infos, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	defer a.close()
	view := line.View{Names: line.NewNames(infos)}
	if o.agent != "" {
		if view.Agent, err = findAgent(o.agent, infos); err != nil {
			return err
		}
	}
	channels, err := a.Channels(ctx, view.Agent)
	if err != nil {
		return err
	}
	slices.SortFunc(channels, func(a, b event.Channel) int {
		return cmp.Or(cmp.Compare(view.ChannelName(a), view.ChannelName(b)), cmp.Compare(a.ID, b.ID))
	})
	terminal := env.IsTerminal(env.Stdout)
	t := table{headings: []string{"CHANNEL", "KIND", "ACCESS", "SCOPE", "PROJECT", "ARCHIVED", "ID", "DESCRIPTION"}}
	for _, c := range channels {
		project, archived := value(c.ProjectID), strconv.FormatBool(c.IsArchived)
		if terminal {
			archived = map[bool]string{true: "archived"}[c.IsArchived]
			if project != "" {
				project = view.Names.Project(project)
			}
		}
		t.objects = append(t.objects, c)
		t.rows = append(t.rows, []string{
			view.ChannelName(c), string(c.Kind), c.AccessType, c.Scope, project, archived, c.ID, value(c.Description),
		})
	}
	return t.print(env.Stdout, o.output, terminal)
}

// findChannels returns the ids of the channels that a user calls by the
// inputs: by id, by name with or without # (several channels may have it), by
// @agent for direct messages, or ~notes; also as lists show these.
func findChannels(inputs []string, channels []event.Channel, view line.View) ([]string, error) {
	var ids []string
	for _, input := range inputs {
		n := len(ids)
		for _, c := range channels {
			if c.ID == input || text.Name(c.ID) == input || isChannel(view.ChannelName(c), input) || isChannel(view.ChannelName(c), "#"+input) {
				ids = append(ids, c.ID)
			}
		}
		if len(ids) == n {
			return nil, unknownChannel(input, channels, view)
		}
	}
	return ids, nil
}

// isChannel tells whether input is the name, as it is or as it is shown.
func isChannel(name, input string) bool {
	return strings.EqualFold(name, input) || strings.EqualFold(text.Name(name), input)
}

func unknownChannel(input string, channels []event.Channel, view line.View) error {
	var names []string
	for _, c := range channels {
		if name := text.Name(view.ChannelName(c)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return notFoundError("there is no channel called %s: there are no channels to be seen", quoted(input))
	}
	near := text.Nearest(input, names, 2)
	if len(near) == 0 {
		near = text.Nearest("#"+input, names, 2)
	}
	if len(names) > listed {
		names = append(names[:listed], "… (cslack-stream channels lists all)")
	}
	if len(near) > 0 {
		return notFoundError("there is no channel called %s, did you mean %s? There are: %s", quoted(input), strings.Join(near, " or "), strings.Join(names, " "))
	}
	return notFoundError("there is no channel called %s; there are: %s", quoted(input), strings.Join(names, " "))
}

// completeChannels offers the channels to the shell.
func completeChannels(env *environment, f *sourceFlags) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		channels, err := withSource(env, *f, func(ctx context.Context, a *attachment) ([]event.Channel, error) {
			return a.Channels(ctx, event.Agent{})
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []cobra.Completion
		for _, c := range channels {
			name := strings.TrimPrefix(line.View{}.ChannelName(c), "#")
			if c.Kind != event.KindChannel || name != text.Name(name) {
				continue
			}
			out = append(out, cobra.CompletionWithDesc(name, text.Truncate(text.Line(value(c.Description)), 60)))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
