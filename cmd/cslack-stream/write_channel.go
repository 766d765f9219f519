package main

import (
	"context"

	"cslack-stream/internal/engine/event/action"

	"github.com/spf13/cobra"
)

func newJoinCommand(env *environment) *cobra.Command {
	return writeCommand(env, "join --as AGENT CHANNEL", "Make an agent a member of an open channel", takes(1, "one channel"),
		onChannel("joined ", func(id string) action.Op { return action.Join{Channel: id} }))
}

func newLeaveCommand(env *environment) *cobra.Command {
	return writeCommand(env, "leave --as AGENT CHANNEL", "End an agent's membership of a channel", takes(1, "one channel"),
		onChannel("left ", func(id string) action.Op { return action.Leave{Channel: id} }))
}

// onChannel does op to the channel that is named.
func onChannel(did string, op func(id string) action.Op) func(context.Context, *writer, []string) error {
	return func(ctx context.Context, w *writer, args []string) error {
		id, err := w.channel(ctx, args[0])
		if err != nil {
			return err
		}
		return w.do(ctx, op(id), did+args[0])
	}
}

// newChannelCommand makes the commands about one channel.
func newChannelCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "channel",
		Short: "Create or archive a channel",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("unknown command channel %s, want one of: create archive", quoted(args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newChannelCreate(env), newChannelArchive(env))
	return cmd
}

func newChannelCreate(env *environment) *cobra.Command {
	var access, description string
	var global bool
	cmd := writeCommand(env, "create --as AGENT NAME", "Create a channel, in the agent's project or for all", takes(1, "one name"),
		func(ctx context.Context, w *writer, args []string) error {
			op := action.CreateChannel{Name: args[0], Access: access, Description: description}
			if !global {
				op.Project = w.view.Agent.Project
			}
			return w.do(ctx, op, "created #"+args[0])
		})
	cmd.Flags().StringVar(&access, "access", "open", "`WHO` gets in: open, members (by invitation) or private")
	cmd.Flags().StringVar(&description, "description", "", "what it is `FOR`")
	cmd.Flags().BoolVar(&global, "global", false, "for agents of all projects")
	groupFlags(cmd.Flags(), "What", "access", "description", "global")
	return cmd
}

func newChannelArchive(env *environment) *cobra.Command {
	var undo bool
	cmd := writeCommand(env, "archive --as AGENT CHANNEL", "Archive a channel, or bring it back", takes(1, "one channel"),
		func(ctx context.Context, w *writer, args []string) error {
			did := "archived "
			if undo {
				did = "brought back "
			}
			return onChannel(did, func(id string) action.Op { return action.Archive{Channel: id, Undo: undo} })(ctx, w, args)
		})
	cmd.Flags().BoolVar(&undo, "undo", false, "bring it back")
	return cmd
}
