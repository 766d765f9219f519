package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newCaptureCommand makes the commands about what is added to the database.
func newCaptureCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "Say, add or remove what is added to the database",
		Long: `capture is about the change log that cslack-stream keeps in the database: two
tables and a set of triggers, all named cslack_*. They note every relevant row
change in the writer's own transaction, so that nothing is lost while no server
runs. Nothing else of the database is ever changed.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("unknown command capture %s, want one of: gc install status uninstall", quoted(args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newCaptureInstall(env), newCaptureStatus(env), newCaptureGC(env), newCaptureUninstall(env))
	return cmd
}

// captureFlags say which database a subcommand of capture is about, and how it
// is served.
type captureFlags struct {
	db     string
	config configFlags
}

func (f *captureFlags) add(flags *pflag.FlagSet) {
	f.config.add(flags)
	flags.StringVar(&f.db, "db", "", "the Claude-Slack database `FILE`")
}

// load returns the path of the database, and how it is configured.
func (f *captureFlags) load(env *environment) (string, tuning, error) {
	c, err := env.loadConfig(f.config)
	if err != nil {
		return "", tuning{}, err
	}
	path, err := claudeslack.Locate(f.db, env.Getenv, env.Home)
	return path, c.tuning(), err
}

func newCaptureInstall(env *environment) *cobra.Command {
	var takeOver bool
	var flags captureFlags
	cmd := &cobra.Command{
		Use: "install", Short: "Add the change log and its triggers, and backfill the event log", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return captureInstall(cmd.Context(), env, flags, takeOver)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().BoolVar(&takeOver, "take-over", false, "carry into the event file beside the database, though another one is noted as the carrier")
	return cmd
}

// captureInstall installs, and carries once, so that the event log begins now.
func captureInstall(ctx context.Context, env *environment, flags captureFlags, takeOver bool) error {
	path, t, err := flags.load(env)
	if err != nil {
		return err
	}
	if takeOver {
		if err := takeOverCarrier(ctx, path, t); err != nil {
			return err
		}
	}
	a, err := carry(ctx, path, t, newQuietLog(env.Stderr))
	if err != nil {
		return err
	}
	size, _ := a.Size(ctx)
	if err := a.stop(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: capture is installed; %d events in %s\n", path, size, t.events(path))
	return nil
}

// takeOverCarrier makes the event file beside the database the one that
// carries, with a new epoch: what the other one holds is not known here.
func takeOverCarrier(ctx context.Context, path string, t tuning) error {
	events, err := openEvents(ctx, path, sqlite.Options{Path: t.events(path)})
	if err != nil {
		return err
	}
	defer events.Close()
	file, err := events.File(ctx)
	if err != nil {
		return err
	}
	changes := trigger.New(trigger.Options{Host: capture.NewHost(path)})
	defer changes.Close()
	return changes.Claim(ctx, file, t.events(path), true)
}

func newCaptureStatus(env *environment) *cobra.Command {
	var db string
	cmd := &cobra.Command{
		Use: "status", Short: "Say what is in the database, changing nothing", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return captureStatus(cmd.Context(), env, db) },
	}
	cmd.Flags().StringVar(&db, "db", "", "the Claude-Slack database `FILE`")
	return cmd
}

func captureStatus(ctx context.Context, env *environment, db string) error {
	path, err := claudeslack.Locate(db, env.Getenv, env.Home)
	if err != nil {
		return err
	}
	host := capture.NewHost(path)
	defer host.Close()
	generation, err := host.Generation(ctx)
	if err != nil {
		return schemaAt(path, err)
	}
	s, err := readStatus(ctx, host)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "database   %s\nschema     %s\n", path, generation.Name)
	switch {
	case s.Installed:
		older := ""
		if s.Outdated() {
			older = " (older than this build's: serve or capture install upgrades it)"
		}
		file := cmp.Or(s.CarrierPath, eventFile(path))
		fmt.Fprintf(env.Stdout, "capture    installed, version %d%s, epoch %s\nevent file %s\n", s.Version, older, s.Epoch, file)
		b, err := readBacklog(ctx, host, path, file, s)
		if err != nil {
			return err
		}
		b.print(env.Stdout)
	case s.Newer():
		fmt.Fprintf(env.Stdout, "capture    version %d, newer than this build knows: use the newer build\n", s.Version)
	case s.Present:
		fmt.Fprintf(env.Stdout, "capture    damaged (%s); serve or capture install mends it\n", s.Damage())
	default:
		fmt.Fprintf(env.Stdout, "capture    not installed; capture install %s\n", trigger.Added(generation))
	}
	return nil
}

func newCaptureUninstall(env *environment) *cobra.Command {
	var force bool
	var flags captureFlags
	cmd := &cobra.Command{
		Use: "uninstall", Short: "Remove everything that was added, without trace", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return captureUninstall(cmd.Context(), env, flags, force)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().BoolVar(&force, "force", false, "discard captured changes that are in no event log yet")
	return cmd
}

// captureUninstall carries what is there first, so that nothing is discarded
// unasked.
func captureUninstall(ctx context.Context, env *environment, flags captureFlags, force bool) error {
	path, t, err := flags.load(env)
	if err != nil {
		return err
	}
	host := capture.NewHost(path)
	s, err := readStatus(ctx, host)
	if err = errors.Join(err, host.Close()); err != nil {
		return schemaAt(path, err)
	}
	var at claudeslack.Checkpoint
	if s.Installed && !force {
		if at, err = carryOnce(ctx, path, t, newQuietLog(env.Stderr)); err != nil {
			return fmt.Errorf("carry captured changes before removing them: %w; --force discards them", err)
		}
	}
	there, err := trigger.Uninstall(ctx, path, at, force)
	var left *trigger.UncarriedError
	switch {
	case errors.As(err, &left):
		return fmt.Errorf("%w: run this again when writers are quiet, or discard them with --force", left)
	case err != nil:
		return err
	case !there:
		fmt.Fprintf(env.Stdout, "%s: there was nothing to remove\n", path)
	default:
		fmt.Fprintf(env.Stdout, "%s: capture is removed; the events stay in %s\n", path, t.events(path))
	}
	return nil
}

// carryOnce carries everything up to now and returns how far that is.
func carryOnce(ctx context.Context, path string, t tuning, log *serveLog) (claudeslack.Checkpoint, error) {
	a, err := carry(ctx, path, t, log)
	if err != nil {
		return claudeslack.Checkpoint{}, err
	}
	at, err := a.events.Checkpoint(ctx)
	return at, errors.Join(err, a.stop())
}
