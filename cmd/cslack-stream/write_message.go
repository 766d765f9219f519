package main

import (
	"context"
	"encoding/json"
	"strings"

	"cslack-stream/internal/engine/event/action"

	"github.com/spf13/cobra"
)

// newSendCommand makes the command that posts a message.
func newSendCommand(env *environment) *cobra.Command {
	var to, thread, metadata string
	cmd := writeCommand(env, "send --as AGENT --to CHANNEL|@AGENT [TEXT]", "Send a message as an agent, to a channel or to another agent", cobra.ArbitraryArgs,
		func(ctx context.Context, w *writer, args []string) error {
			op := action.Send{Thread: thread, Metadata: json.RawMessage(metadata)}
			where, err := w.address(ctx, to, &op)
			if err != nil {
				return err
			}
			if op.Content, err = w.content(args); err != nil {
				return err
			}
			return w.do(ctx, op, "sent to "+where)
		})
	cmd.Long = `send writes into the workspace as an agent, by the host's own rules: the agent
must be a member of the channel that may send, and a direct message must be
allowed by both. Without TEXT, or with -, it sends what standard input holds.`
	cmd.Example = `  cslack-stream send --as alice --to '#dev' "tests pass on main"
  cslack-stream send --as alice --to @bob < report.md
  cslack-stream send --as alice --to dev --thread 4831 -o json "done"`
	cmd.Flags().StringVar(&to, "to", "", "`WHERE`: #channel, a channel's id, or @agent")
	cmd.Flags().StringVar(&thread, "thread", "", "`ID` of the thread that it belongs to")
	cmd.Flags().StringVar(&metadata, "metadata", "", "a `JSON` object to keep with it")
	groupFlags(cmd.Flags(), "What", "to", "thread", "metadata")
	return cmd
}

// address says where op goes: to @agent or a channel. It returns how that is
// called.
func (w *writer) address(ctx context.Context, to string, op *action.Send) (string, error) {
	if to == "" {
		return "", usageError("say where to: --to '#channel' or --to @agent")
	}
	var err error
	if name, direct := strings.CutPrefix(to, "@"); direct {
		op.To, err = findAgent(name, w.infos)
		return "@" + w.view.Names.Address(op.To), err
	}
	op.Channel, err = w.channel(ctx, to)
	return to, err
}

func newEditCommand(env *environment) *cobra.Command {
	return writeCommand(env, "edit --as AGENT MESSAGE [TEXT]", "Change what a message of an agent's own says", takes(-1, "a message and its new text"),
		func(ctx context.Context, w *writer, args []string) error {
			id, err := messageID(args[0])
			if err != nil {
				return err
			}
			content, err := w.content(args[1:])
			if err != nil {
				return err
			}
			return w.do(ctx, action.Edit{Message: id, Content: content}, "edited")
		})
}

func newDeleteCommand(env *environment) *cobra.Command {
	return writeCommand(env, "delete --as AGENT MESSAGE", "Delete a message of an agent's own", takes(1, "one message"),
		func(ctx context.Context, w *writer, args []string) error {
			id, err := messageID(args[0])
			if err != nil {
				return err
			}
			return w.do(ctx, action.Delete{Message: id}, "deleted")
		})
}

func newNoteCommand(env *environment) *cobra.Command {
	var tags []string
	var session string
	cmd := writeCommand(env, "note --as AGENT [TEXT]", "Write a note of an agent's, which nobody else sees", cobra.ArbitraryArgs,
		func(ctx context.Context, w *writer, args []string) error {
			content, err := w.content(args)
			if err != nil {
				return err
			}
			return w.do(ctx, action.Note{Content: content, Tags: tags, Session: session}, "noted")
		})
	cmd.Flags().StringSliceVar(&tags, "tag", nil, "`TAG` of the note; may be repeated")
	cmd.Flags().StringVar(&session, "session", "", "in what `CONTEXT` it was written")
	groupFlags(cmd.Flags(), "What", "tag", "session")
	return cmd
}

func newStatusCommand(env *environment) *cobra.Command {
	return writeCommand(env, "status --as AGENT STATUS", "Say what an agent is up to: online, busy, or any other word", takes(1, "one word"),
		func(ctx context.Context, w *writer, args []string) error {
			return w.do(ctx, action.SetStatus{Status: args[0]}, "status of "+w.view.Names.Address(w.view.Agent)+" is "+args[0])
		})
}
