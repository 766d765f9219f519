package main

import "github.com/spf13/cobra"

// commands are all commands, in the order of the help.
func commands(env *environment) []*cobra.Command {
	return []*cobra.Command{
		newDemoCommand(env),
		newServeCommand(env),
		newWatchCommand(env),
		newTailCommand(env),
		newReplayCommand(env),
		newWhyCommand(env),
		newAgentsCommand(env),
		newChannelsCommand(env),
		newSendCommand(env),
		newEditCommand(env),
		newDeleteCommand(env),
		newNoteCommand(env),
		newStatusCommand(env),
		newJoinCommand(env),
		newLeaveCommand(env),
		newChannelCommand(env),
		newCaptureCommand(env),
		newDoctorCommand(env),
		newVersionCommand(env),
		newDemoAgentsCommand(env),
		newExitCodesTopic(),
	}
}
