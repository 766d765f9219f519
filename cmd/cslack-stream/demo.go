package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// demoOptions say how the demo is shown.
type demoOptions struct {
	agent, output string
	listen        string
	rate          float64
	count         int
	plain         bool
}

// newDemoCommand makes the command that shows everything on a workspace of
// its own, and leaves nothing behind.
func newDemoCommand(env *environment) *cobra.Command {
	var opts demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a workspace of agents talking, with the live view on it",
		Long: `demo makes a temporary Claude-Slack workspace in which another process plays
several agents, serves it on a loopback port, and shows its events as they
happen: on a terminal as watch does, else as tail does. Its end, by q or ctrl-c,
removes the workspace.`,
		Example: `  cslack-stream demo                  everything that happens
  cslack-stream demo --agent alice    only what alice may see
  cslack-stream demo --plain          as lines`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), env, opts) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&opts.agent, "agent", "a", "", "show only what this agent may see: alice, bob, carol, dave, mei or ops")
	flags.StringVarP(&opts.output, "output", "o", "", "text, json or raw, as tail has them")
	flags.BoolVar(&opts.plain, "plain", false, "show lines as tail does, for screen readers")
	flags.StringVar(&opts.listen, "listen", "127.0.0.1:0", "address to serve on; port 0 takes a free one")
	flags.Float64Var(&opts.rate, "rate", defaultDemoRate, "how many things happen a second")
	flags.IntVar(&opts.count, "count", 0, "end after this many events (0: never)")
	return cmd
}

// runDemo runs until ctx is done, a signal comes, or the view ends. Being
// stopped is how a demo ends: it is no error.
func runDemo(ctx context.Context, env *environment, opts demoOptions) (err error) {
	if opts.rate <= 0 {
		return usageError("--rate %g: want a number above 0", opts.rate)
	}
	defer func() { // after everything is removed
		if err == nil && opts.onScreen(env) {
			fmt.Fprintln(env.Stderr, "cslack-stream: the demo is over and its workspace is gone; for your own: cslack-stream watch")
		}
	}()
	ctx, stopSignals := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stopSignals()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	dir, err := os.MkdirTemp("", demoPrefix)
	if err != nil {
		return fmt.Errorf("make demo directory: %w", err)
	}
	defer removeDemoDirectory(dir)
	path := filepath.Join(dir, "claude-slack.db")
	var said bytes.Buffer // by the agents, who must not draw on the screen
	// From here on somebody tidies up even if this process is killed.
	agents, err := startDemoChild(ctx, path, opts.rate, &said)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, agents.stop())
		_, _ = said.WriteTo(env.Stderr)
	}()
	if err := makeDemoWorkspace(ctx, path); err != nil {
		return endOf(ctx, err)
	}
	server, err := startDemoServer(ctx, env, path, opts.listen)
	if err != nil {
		return endOf(ctx, err)
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if err := agents.begin(); err != nil {
		return err
	}

	// Whatever ends first ends the rest, and says why itself when stopped.
	go watchPart(agents.done, cancel)
	go watchPart(server.done, cancel)
	go watchParent(ctx, cancel)

	if !opts.onScreen(env) {
		introduceDemo(env, server.url, path)
	}
	err = viewDemo(ctx, forgetful(env, path), opts, server.url)
	if code := exitCode(err); ctx.Err() != nil || code == exitInterrupted || code == exitTerminated {
		return nil
	}
	return err
}

// makeDemoWorkspace makes a furnished workspace.
func makeDemoWorkspace(ctx context.Context, path string) error {
	if err := createDemoDatabase(ctx, path); err != nil {
		return err
	}
	return furnish(ctx, path, time.Now())
}

// introduceDemo says where the demo can be looked at, before the first event.
func introduceDemo(env *environment, url, path string) {
	fmt.Fprintf(env.Stderr, `cslack-stream: a demo workspace; ctrl-c ends and removes it
  stream   %[1]s/api/stream?view=operator
  tail     cslack-stream tail --server %[1]s --agent alice
  database %[2]s

`, url, path)
}

// watchPart cancels when a part of the demo has ended.
func watchPart(done <-chan struct{}, cancel context.CancelCauseFunc) {
	<-done
	cancel(errors.New("a part of the demo ended"))
}

// watchParent ends the demo when the process that started it is gone: started
// by "go run", that is the only sign of a signal that ended "go run" alone.
func watchParent(ctx context.Context, cancel context.CancelCauseFunc) {
	parent := os.Getppid()
	for pause(ctx, time.Second) == nil {
		if os.Getppid() != parent {
			cancel(errors.New("the parent process ended"))
			return
		}
	}
}
