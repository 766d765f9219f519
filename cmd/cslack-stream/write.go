package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"

	"github.com/spf13/cobra"
)

// writeOptions are the flags that all commands have that write.
type writeOptions struct {
	as, output string
	source     sourceFlags
}

func (o *writeOptions) add(env *environment, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.as, "as", "", "write as this agent: `NAME[@PROJECT]` ($CSLACK_STREAM_AS)")
	flags.StringVarP(&o.output, "output", "o", "text", "text or json")
	o.source.add(flags)
	_ = cmd.RegisterFlagCompletionFunc("as", completeAgents(env, &o.source))
}

// writer is an agent at work in a workspace.
type writer struct {
	env    *environment
	source *attachment
	infos  []event.AgentInfo
	view   line.View // as that agent
	output string
}

// open opens the workspace, to write as the agent that the flags name.
func (o *writeOptions) open(ctx context.Context, env *environment) (*writer, error) {
	if o.output != "text" && o.output != "json" {
		return nil, usageError("-o %s: want text or json", quoted(o.output))
	}
	as := cmp.Or(o.as, env.Getenv("CSLACK_STREAM_AS"))
	if as == "" {
		return nil, usageError("say as whom to write: --as NAME, or CSLACK_STREAM_AS; cslack-stream agents lists them")
	}
	source, err := env.Open(ctx, env, o.source)
	if err != nil {
		return nil, err
	}
	w := &writer{env: env, source: source, output: o.output}
	if w.infos, err = source.Agents(ctx); err == nil {
		w.view.Names = line.NewNames(w.infos)
		w.view.Agent, err = findAgent(as, w.infos)
	}
	if err == nil && source.Actor == nil {
		err = errors.New("this database can only be looked at")
	}
	if err != nil {
		source.close()
		return nil, err
	}
	return w, nil
}

// do does op, and says what came of it: did is a sentence for people, in which
// %s stands for where it happened.
func (w *writer) do(ctx context.Context, op action.Op, did string) error {
	result, err := w.source.Actor.Do(ctx, w.view.Agent, op)
	if err != nil {
		return w.refused(err)
	}
	if w.output == "json" {
		b, err := json.Marshal(result)
		if err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		_, err = fmt.Fprintf(w.env.Stdout, "%s\n", b)
		return err
	}
	if result.Unchanged {
		did = "nothing to do: it was so already"
	}
	if result.Message != 0 {
		did = fmt.Sprintf("message %d: ", result.Message) + did
	}
	_, err = fmt.Fprintln(w.env.Stdout, text.Line(did))
	return err
}

// refused says what a refusal means for whoever typed the command.
func (w *writer) refused(err error) error {
	refused, ok := errors.AsType[*action.RefusedError](err)
	if !ok {
		return err
	}
	err = action.Refuse(refused.Reason, "%s", w.view.Names.Refusal(refused.Message))
	switch refused.Reason {
	case action.Invalid:
		return usageError("%w", err)
	case action.Missing:
		return notFoundError("%w", err)
	}
	return err
}

// channel is the one channel that the agent calls input: by its name, by its
// name and project where several have that (#dev@webapp, #dev@global), or by
// its id.
func (w *writer) channel(ctx context.Context, input string) (string, error) {
	all, err := w.source.Channels(ctx, w.view.Agent)
	if err != nil {
		return "", err
	}
	name := "#" + strings.TrimPrefix(input, "#")
	for _, c := range all {
		if c.Kind == event.KindChannel && isChannel(w.fullName(c), name) {
			return c.ID, nil
		}
	}
	ids, err := findChannels([]string{input}, all, w.view)
	if err != nil {
		return "", err
	}
	if len(ids) == 1 {
		return ids[0], nil
	}
	var names []string
	for _, c := range all {
		if slices.Contains(ids, c.ID) {
			names = append(names, text.Name(w.fullName(c)))
		}
	}
	return "", usageError("channel %s is ambiguous: say which, %s", quoted(input), strings.Join(names, " or "))
}

// fullName is a channel's name with its project, as watch shows it where
// several channels have the name.
func (w *writer) fullName(c event.Channel) string {
	return w.view.ChannelName(c) + "@" + w.view.Names.Project(value(c.ProjectID))
}

// writeCommand makes a command that does one thing; use ends with what it takes.
func writeCommand(env *environment, use, short string, args cobra.PositionalArgs, run func(context.Context, *writer, []string) error) *cobra.Command {
	var o writeOptions
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := o.open(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer w.source.close()
			return run(cmd.Context(), w, args)
		},
	}
	o.add(env, cmd)
	return cmd
}

// takes wants an argument, or up to most, which is no bound if it is negative,
// and says what is missing.
func takes(most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || most >= 0 && len(args) > most {
			return usageError("%s takes %s: %s", cmd.Name(), what, cmd.UseLine())
		}
		return nil
	}
}

// mostTyped bounds what is read from standard input: more than any message
// takes.
const mostTyped = 4 << 20

// content is the text of the arguments, or of standard input if there are none
// or only a dash.
func (w *writer) content(args []string) (string, error) {
	if len(args) > 0 && (len(args) > 1 || args[0] != "-") {
		return strings.Join(args, " "), nil
	}
	if len(args) == 0 && w.env.IsTerminal(w.env.Stdin) {
		return "", usageError("say what to write: as arguments, or on standard input")
	}
	b, err := io.ReadAll(io.LimitReader(w.env.Stdin, mostTyped+1))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	if len(b) > mostTyped {
		return "", usageError("standard input holds more than %d bytes: a message takes %d characters", mostTyped, action.MaxContent)
	}
	return strings.TrimSuffix(string(b), "\n"), nil
}

func messageID(s string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(s, "message:"), 10, 64)
	if err != nil || id <= 0 {
		return 0, usageError("%s is not the number of a message", quoted(s))
	}
	return id, nil
}
