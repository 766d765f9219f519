package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/tui/text"

	"github.com/spf13/cobra"
)

// newDoctorCommand makes the command that checks everything.
func newDoctorCommand(env *environment) *cobra.Command {
	var db string
	var flags configFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything and say what to do, changing nothing",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), env, db, flags) },
	}
	cmd.Flags().StringVar(&db, "db", "", "the Claude-Slack database `FILE`")
	flags.add(cmd.Flags())
	return cmd
}

// doctor collects what was found.
type doctor struct {
	env      *environment
	problems int
}

func (d *doctor) ok(what, format string, args ...any) {
	fmt.Fprintf(d.env.Stdout, "  ok    %-12s %s\n", what, text.Content(fmt.Sprintf(format, args...)))
}

// note is something to know that needs nothing done.
func (d *doctor) note(what, format string, args ...any) {
	fmt.Fprintf(d.env.Stdout, "  note  %-12s %s\n", what, text.Content(fmt.Sprintf(format, args...)))
}

func (d *doctor) bad(what, format string, args ...any) {
	d.problems++
	fmt.Fprintf(d.env.Stdout, "  BAD   %-12s %s\n", what, text.Content(fmt.Sprintf(format, args...)))
}

// runDoctor checks one thing after the other; what stands on a broken thing
// is not looked at.
func runDoctor(ctx context.Context, env *environment, db string, flags configFlags) error {
	d := &doctor{env: env}
	path, err := claudeslack.Locate(db, env.Getenv, env.Home)
	if err != nil {
		return err
	}
	d.ok("database", "%s", path)
	t := d.checkConfig(flags)
	host := capture.NewHost(path)
	defer host.Close()
	generation, err := host.Generation(ctx)
	if err != nil {
		d.bad("schema", "%v", err)
		return d.result()
	}
	d.checkSchema(generation)
	d.checkDirectory(path, host)
	d.checkHost(ctx, host, generation)
	status, err := readStatus(ctx, host)
	if err != nil {
		d.bad("capture", "%v", err)
		return d.result()
	}
	d.checkCapture(status)
	d.checkEvents(ctx, path, t.events(path), status)
	if status.Installed {
		d.checkBacklog(ctx, host, path, t.events(path), status)
	}
	d.checkServer(ctx, path)
	return d.result()
}

func (d *doctor) result() error {
	if d.problems > 0 {
		return fmt.Errorf("%d of the checks found something to do: see the lines marked BAD", d.problems)
	}
	return nil
}

// checkConfig also returns what serve would be told.
func (d *doctor) checkConfig(flags configFlags) tuning {
	c, err := d.env.loadConfig(flags)
	switch {
	case err != nil:
		d.bad("config", "%v", err)
		return tuning{}
	case c.checkServable() != nil:
		d.bad("config", "%v", c.checkServable())
	case c.file == "":
		d.ok("config", "the defaults: there is no file")
	default:
		d.ok("config", "%s", c.file)
	}
	return c.tuning()
}

func (d *doctor) checkSchema(g claudeslack.Generation) {
	if g.Known {
		d.ok("schema", "Claude-Slack %s", g.Name)
		return
	}
	d.bad("schema", "unknown (lacks %v): messages can be shown, capture can not be installed; update cslack-stream", g.Missing)
}

func (d *doctor) checkDirectory(path string, host *capture.Host) {
	if host.Static() {
		d.bad("directory", "%s can not be written to and SQLite's files are not there: only a static look is possible; run as the user that writes the database", filepath.Dir(path))
		return
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 64<<20 {
		d.bad("wal", "%s-wal has %d MiB: some reader holds a transaction open; find and end it", path, info.Size()>>20)
		return
	}
	d.ok("directory", "SQLite can work in %s", filepath.Dir(path))
}

// checkHost looks for the host's own oddities that users ask about.
func (d *doctor) checkHost(ctx context.Context, host *capture.Host, g claudeslack.Generation) {
	if !g.Has("agents") {
		return
	}
	duplicates, err := duplicateAgents(ctx, host)
	switch {
	case err != nil:
		d.bad("agents", "%v", err)
	case duplicates > 0:
		d.note("agents", "%d extra rows of global agents: Claude-Slack adds one with every message; they are shown once", duplicates)
	default:
		d.ok("agents", "one row each")
	}
}

func (d *doctor) checkCapture(s trigger.Status) {
	switch {
	case s.Outdated():
		d.note("capture", "installed, version %d, older than this build's: it works, and serve or cslack-stream capture install upgrades it; %d changes in the change log", s.Version, s.Changes)
	case s.Installed:
		d.ok("capture", "installed, version %d; %d changes in the change log", s.Version, s.Changes)
	case s.Newer():
		d.bad("capture", "version %d, newer than this build knows: use the newer build", s.Version)
	case s.Present:
		d.bad("capture", "damaged (%s): run cslack-stream capture install", s.Damage())
	default:
		d.note("capture", "not installed: serve installs it; tail polls until then")
	}
}

func (d *doctor) checkEvents(ctx context.Context, path, file string, s trigger.Status) {
	if _, err := os.Stat(file); err != nil {
		d.note("event file", "%s is not there yet: serve makes it", file)
		return
	}
	log, err := openEvents(ctx, path, sqlite.Options{Path: file, ReadOnly: true})
	if err != nil {
		d.bad("event file", "%v", err)
		return
	}
	defer log.Close()
	b, err := log.Bounds(ctx)
	at, aerr := log.Checkpoint(ctx)
	switch {
	case errors.Join(err, aerr) != nil:
		d.bad("event file", "%v", errors.Join(err, aerr))
	case s.Installed && at.Log != s.Epoch:
		d.bad("event file", "%s is of another change log: serve will begin a new epoch; readers get a gap", file)
	default:
		d.ok("event file", "%s, newest event %s, %d changes not carried yet", file, b.Latest(), max(0, s.Newest-at.ID))
	}
}

func (d *doctor) checkServer(ctx context.Context, path string) {
	switch r, ok := d.env.readServerRecord(path); {
	case !ok:
		d.note("server", "none is recorded for this database")
	case r.alive(ctx):
		d.ok("server", "%s answers", r.URL)
	default:
		d.note("server", "%s does not answer any more; the record is ignored", r.URL)
	}
	d.note("backup", "stop serve before you copy a backup over the database")
}

func duplicateAgents(ctx context.Context, host *capture.Host) (n int, err error) {
	err = host.View(ctx, func(c *sql.Conn) error {
		return c.QueryRowContext(ctx, `SELECT count(*)-(SELECT count(*) FROM (SELECT DISTINCT name,project_id FROM agents)) FROM agents`).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count agents: %w", err)
	}
	return n, nil
}
