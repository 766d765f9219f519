package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// demoPrefix begins the names of the demo's directories, and only theirs.
const demoPrefix = "cslack-stream-demo-"

// defaultDemoRate is how many acts a second the demo's agents make: about as
// fast as one can read.
const defaultDemoRate = 2

// newDemoAgentsCommand makes the hidden command that plays the agents of the
// demo. It is a process of its own because on a real workspace, too, all that
// happens is written by others.
func newDemoAgentsCommand(env *environment) *cobra.Command {
	var opts agentsOptions
	cmd := &cobra.Command{
		Use:    "demo-agents --db PATH",
		Short:  "Play the agents of the demo (started by demo)",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if opts.untilEOF {
				return playUntilEOF(ctx, env.Stdin, opts)
			}
			return playAgents(ctx, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.db, "db", "", "database to write to, in the host's schema")
	flags.Float64Var(&opts.rate, "rate", defaultDemoRate, "how many things happen a second")
	flags.Uint64Var(&opts.seed, "seed", 0, "what to draw from: the same seed, the same conversation (0: another every time)")
	flags.BoolVar(&opts.untilEOF, "until-eof", false, "begin with the first byte of standard input, end with it and remove the workspace")
	_ = cmd.MarkFlagRequired("db")
	return cmd
}

// agentsOptions say what the demo's agents write to, and how fast.
type agentsOptions struct {
	db       string
	rate     float64
	seed     uint64
	untilEOF bool
}

// playUntilEOF lets the agents act from the first byte of in to its end, and
// removes the demo's directory then: whoever started this process may have been
// killed, and can not tidy up.
func playUntilEOF(ctx context.Context, in io.Reader, opts agentsOptions) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := make(chan struct{})
	go func() {
		defer cancel()
		if _, err := io.CopyN(io.Discard, in, 1); err == nil {
			close(begin)
			_, _ = io.Copy(io.Discard, in)
		}
	}()
	select {
	case <-begin:
		err = playAgents(ctx, opts)
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		removeDemoDirectory(filepath.Dir(opts.db))
	}
	return err
}

// playAgents lets the agents act until ctx is done, which is no error.
func playAgents(ctx context.Context, opts agentsOptions) error {
	if opts.rate <= 0 {
		return usageError("--rate %g: want a number above 0", opts.rate)
	}
	if err := furnish(ctx, opts.db, time.Now()); err != nil {
		return endOf(ctx, err)
	}
	if opts.seed == 0 {
		opts.seed = rand.Uint64()
	}
	h := &demoHost{path: opts.db, now: time.Now}
	d := newDirector(opts.seed)
	for {
		for _, a := range d.next() {
			if err := a(ctx, h); err != nil {
				return endOf(ctx, fmt.Errorf("play agents: %w", err))
			}
			if err := pause(ctx, d.beat(opts.rate)); err != nil {
				return nil
			}
		}
	}
}

// beat is the time until the next act: even over a while, uneven from one to
// the next.
func (d *director) beat(rate float64) time.Duration {
	return time.Duration((0.4 + 1.2*d.rand.Float64()) / rate * float64(time.Second))
}

// pause waits, or returns ctx's error when ctx is done first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// endOf returns err, but nil if ctx is done: then being stopped is the reason.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// removeDemoDirectory removes dir if it is one that the demo made.
func removeDemoDirectory(dir string) {
	if strings.HasPrefix(filepath.Base(dir), demoPrefix) {
		_ = os.RemoveAll(dir)
	}
}
