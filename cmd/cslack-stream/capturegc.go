package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/sqlitedb"

	"github.com/spf13/cobra"
)

func newCaptureGC(env *environment) *cobra.Command {
	var dry bool
	var flags captureFlags
	cmd := &cobra.Command{
		Use: "gc", Short: "Remove now what retention would: carried changes and expired events", Args: noArgs,
		Long: `gc does at once what a running serve does by and by: it removes from the
database the changes that are in the event log, and from the event log the
events that have expired, or archives those. It carries nothing: changes that
are in no event log yet stay. It can run beside serve. Give it the configuration
of serve: that says whether events are archived, and where they are.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return captureGC(cmd.Context(), env, flags, dry)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be removed, and remove nothing")
	return cmd
}

func captureGC(ctx context.Context, env *environment, flags captureFlags, dry bool) error {
	path, t, err := flags.load(env)
	if err != nil {
		return err
	}
	g, err := newCollector(ctx, path, t, dry)
	if err != nil {
		return err
	}
	if dry {
		err = g.foresee(ctx, env.Stdout)
	} else {
		err = g.collect(ctx, env.Stdout)
	}
	// The last to close empties the database's write-ahead log.
	return errors.Join(err, g.events.Close(), g.host.Close(), g.changes.Close())
}

// collector removes what is not needed any more of one database and its event
// file.
type collector struct {
	path    string
	host    *capture.Host
	status  trigger.Status
	changes *trigger.Log
	events  *sqlite.Log
	archive bool
}

// newCollector opens both files. It refuses those that do not belong to each
// other: what the one has carried says nothing of the other then.
func newCollector(ctx context.Context, path string, t tuning, dry bool) (*collector, error) {
	file := t.events(path)
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("there is no event file %s: nothing is carried, and nothing may be removed; run serve or capture install", quoted(file))
	}
	events, err := openEvents(ctx, path, sqlite.Options{Path: file, ReadOnly: dry, Archiving: t.archiving})
	if err != nil {
		return nil, err
	}
	g := &collector{
		path: path, events: events, archive: t.archiving.Enabled, host: capture.NewHost(path),
		changes: trigger.New(trigger.Options{Host: capture.NewHost(path), ReadOnly: dry}),
	}
	g.status, err = readStatus(ctx, g.host)
	if err == nil {
		err = g.check(ctx, file)
	}
	if err != nil {
		return nil, errors.Join(err, g.events.Close(), g.changes.Close(), g.host.Close())
	}
	return g, nil
}

// check refuses a change log that is not ours to trim.
func (g *collector) check(ctx context.Context, file string) error {
	s := g.status
	id, err := g.events.File(ctx)
	at, aerr := g.events.Checkpoint(ctx)
	switch {
	case errors.Join(err, aerr) != nil:
		return errors.Join(err, aerr)
	case !s.Present:
		return nil // there is nothing to trim
	case s.Newer():
		return fmt.Errorf("%s: capture is of version %d, newer than this build knows: use the newer build", g.path, s.Version)
	case !s.Installed:
		return fmt.Errorf("%s: capture is damaged: run capture install first", g.path)
	case s.Carrier != id:
		return fmt.Errorf("%s: %w, %s: only that one's engine may trim it", g.path, trigger.ErrNotCarrier, quoted(s.CarrierPath))
	case s.Epoch != at.Log:
		return fmt.Errorf("%s is of another change log: run serve or capture install first, which begins a new epoch", quoted(file))
	}
	return nil
}

// foresee says what collect would remove.
func (g *collector) foresee(ctx context.Context, out io.Writer) error {
	due, err := g.events.Due(ctx, time.Now())
	if err != nil {
		return err
	}
	verb := "remove"
	if g.archive {
		verb = "archive"
	}
	if g.status.Installed {
		b, err := readBacklog(ctx, g.host, g.path, g.events.Path(), g.status)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: would trim %d carried changes: %s\n", g.path, b.carried.Rows, b.carried)
		if b.waiting.Rows > 0 {
			fmt.Fprintf(out, "%s: %d changes stay, which are not carried yet: %s\n", g.path, b.waiting.Rows, b.waiting)
		}
	}
	fmt.Fprintf(out, "%s: would %s %d expired events: %s\n", g.events.Path(), verb, due.Rows, due)
	return nil
}

// collect removes it, in slices that neither the host's writers nor a running
// serve have to wait for.
func (g *collector) collect(ctx context.Context, out io.Writer) error {
	if g.status.Installed {
		n, err := g.trim(ctx)
		if sqlitedb.IsBusy(err) {
			return fmt.Errorf("%s: %d carried changes trimmed, then the database was busy: run this again", g.path, n)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: trimmed %d carried changes\n", g.path, n)
	}
	var slice sqlitedb.Slice
	total, verb := 0, "removed"
	if g.archive {
		verb = "archived"
	}
	for {
		n, err := g.events.Expire(ctx, time.Now(), slice.Begin())
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if total += n; n == 0 {
			break
		}
		slice.End(ctx)
	}
	fmt.Fprintf(out, "%s: %s %d expired events\n", g.events.Path(), verb, total)
	return nil
}

// trim removes what is durable in the event file.
func (g *collector) trim(ctx context.Context) (int, error) {
	at, err := g.events.Checkpoint(ctx)
	if err == nil {
		err = g.events.Sync(ctx)
	}
	if err != nil {
		return 0, err
	}
	return g.changes.Trim(ctx, g.status.Carrier, at)
}
