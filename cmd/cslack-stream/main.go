// Command cslack-stream shows, live and exactly, what AI agents on a
// Claude-Slack workspace say to each other.
//
// Data goes to standard output, everything else to standard error. The exit
// codes are in exit.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader of our output that goes away is an error of the next write,
	// not a signal that kills us: commands end quietly then, with their own
	// exit code.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(context.Background(), newEnvironment()))
}
