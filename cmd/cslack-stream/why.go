package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"

	"github.com/spf13/cobra"
)

const whyLong = `why says whether an agent got an event, and by which membership or rule: that of
the event's own moment. EVENT is an id as tail and watch show it, or
message:NUMBER for the event with which a message began. Without --agent it
answers for every agent.

What was recorded nowhere is called unknown: who was a member of what before
capture was installed, for example.`

// newWhyCommand makes the command that explains deliveries.
func newWhyCommand(env *environment) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "why EVENT",
		Short: "Say why an agent got an event, or did not",
		Long:  whyLong,
		Example: `  cslack-stream why 9f2c51aa-1042 --agent carol
  cslack-stream why message:977               for every agent
  cslack-stream why message:977 -o json | jq -r '.[] | select(.delivered) | .agent'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("why takes one event: its id as tail -o json shows it, or message:NUMBER")
			}
			if c, err := event.ParseCursor(args[0]); (err != nil || c.IsZero()) && !strings.HasPrefix(args[0], "message:") {
				return usageError("event %s: want an id as tail -o json shows it, for example 9f2c51aa-1042, or message:NUMBER", quoted(args[0]))
			}
			return explain(cmd.Context(), env, o, args[0])
		},
	}
	cmd.Flags().StringVarP(&o.agent, "agent", "a", "", "answer for this agent alone: `NAME[@PROJECT]`")
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "text, json (one array) or jsonl (one object a line)")
	o.source.add(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("agent", completeAgents(env, &o.source))
	return cmd
}

// explained is an answer with its sentence, as JSON has it.
type explained struct {
	event.Why
	Text string `json:"text"`
}

func explain(ctx context.Context, env *environment, o listOptions, id string) error {
	a, err := env.Open(ctx, env, o.source)
	if err != nil {
		return err
	}
	defer a.close()
	infos, err := a.Agents(ctx)
	if err != nil {
		return err
	}
	names := line.NewNames(infos)
	var agents []event.Agent
	for _, i := range infos {
		agents = append(agents, i.Key())
	}
	if o.agent != "" {
		one, err := findAgent(o.agent, infos)
		if err != nil {
			return err
		}
		agents = []event.Agent{one}
	}
	slices.SortFunc(agents, func(a, b event.Agent) int { return cmp.Compare(names.Address(a), names.Address(b)) })
	t := table{headings: []string{"AGENT", "GOT IT", "WHY"}}
	for _, agent := range agents {
		w, err := a.Why(ctx, id, agent)
		if err != nil {
			return explainError(id, a, err)
		}
		t.addWhy(env, w, agent, names)
	}
	return t.print(env.Stdout, o.output, env.IsTerminal(env.Stdout))
}

// addWhy adds the answer for one agent.
func (t *table) addWhy(env *environment, w event.Why, agent event.Agent, names *line.Names) {
	e := explained{w, w.Sentence(names.Address(agent), names.OfKey, env.Location)}
	got := "no"
	if w.Delivered {
		got = "yes"
	}
	t.objects = append(t.objects, e)
	t.rows = append(t.rows, []string{names.Address(agent), got, e.Text})
}

// explainError says what is wrong with an id that leads to no event.
func explainError(id string, a *attachment, err error) error {
	var gap *event.GapError
	switch {
	case errors.As(err, &gap) && gap.Reason == event.GapEpoch && a.Ephemeral:
		return notFoundError("%s is of another incarnation of the event log: without serve each look at a database has its own ids; use message:NUMBER", quoted(id))
	case errors.As(err, &gap):
		return notFoundError("%w: the oldest kept is behind %s", gap, gap.Oldest)
	case errors.Is(err, event.ErrNotFound):
		return notFoundError("there is no event %s: it was never there, or is no longer kept", quoted(id))
	}
	return err
}
