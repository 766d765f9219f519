package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/engine/event"
)

// eventFile is where the events of a database are kept, unless the
// configuration says otherwise.
func eventFile(database string) string {
	return strings.TrimSuffix(database, filepath.Ext(database)) + sqlite.Suffix
}

// attached is an engine in this process, at work on a database.
type attached struct {
	*engine.Engine
	capture string // trigger, poll, or hook, which polls for what others write
	backend string // sqlite or memory
	static  bool   // the database can only be seen as it was
	// messagesOnly: the schema is not known well enough for anything else.
	messagesOnly bool
	notes        []string // what a reader should know, one line each
	events       *sqlite.Log
	carries      bool
	// own runs this process's own writes so that the capture hears of them at
	// once; nil where that is not to be had.
	own     author.Transactor
	lasting string // what is wrong until this process ends

	cancel context.CancelFunc
	done   chan struct{}
}

// start starts the engine and keeps it going until stop.
func (a *attached) start(ctx context.Context, opts engine.Options) error {
	a.Engine = engine.New(opts)
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Engine.Close())
	}
	ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	a.done = make(chan struct{})
	go func() {
		defer close(a.done)
		_ = a.Run(ctx) // always ctx's error
	}()
	return nil
}

// stop ends the engine, waits for it, and releases the database.
func (a *attached) stop() error {
	a.cancel()
	<-a.done
	return a.Engine.Close()
}

// openDirect opens the database at path with the engine in this process,
// read-only: nothing is ever written beside what SQLite itself needs to read.
// What happens to the database meanwhile is told in lines for standard error,
// if somebody wants them.
func openDirect(ctx context.Context, path string, f sourceFlags) (*attachment, error) {
	a, err := attachReadOnly(ctx, path, tuning{archive: f.archive}, newNoticeLogger(f.notify))
	if err != nil {
		return nil, err
	}
	mode := modeDirect
	if a.static {
		mode = modeStatic
	}
	var source event.Source = a.Engine
	if a.messagesOnly {
		source = messagesOnly{a.Engine}
	}
	writes := author.New(author.Options{Path: path, Transactor: a.own})
	out := &attachment{
		Source: source, Agents: a.Agents, Channels: a.Channels, Why: a.why, Mode: mode, Notes: a.notes,
		Where: path, Derived: a.capture == "poll", Ephemeral: true, Trouble: a.trouble, Close: func() error { return errors.Join(writes.Close(), a.stop()) },
	}
	if !a.static && !a.messagesOnly {
		out.Actor = writes
	}
	return out, nil
}

// why explains whether an agent gets the event with an id.
func (a *attached) why(ctx context.Context, id string, agent event.Agent) (event.Why, error) {
	e, err := a.Find(ctx, id)
	if err != nil {
		return event.Why{}, err
	}
	return a.Engine.Why(ctx, e, agent)
}

// trouble tells why changes are not read now; nil if they are.
func (a *attached) trouble() error {
	if c := a.Condition(); c.State == engine.Degraded && !c.Reads {
		return c.Err
	}
	return nil
}

// attachReadOnly attaches to a database without ever writing to it. With our
// triggers in it the change log tells what happens; without them a poll of
// the tables must do.
func attachReadOnly(ctx context.Context, path string, t tuning, logger *slog.Logger) (*attached, error) {
	host := capture.NewHost(path)
	generation, err := host.Generation(ctx)
	if err != nil {
		return nil, schemaAt(path, errors.Join(err, host.Close()))
	}
	a := &attached{backend: "memory", static: host.Static()}
	opts := engine.Options{Store: memory.New(memory.Options{}), Limit: t.batch, MaxWait: t.maxWait, Window: t.window, Redact: t.redact, Logger: logger}
	if a.messagesOnly = !generation.Known; a.messagesOnly {
		a.note("%s has an unknown schema (it lacks %s); this build knows v3.0 to v4.1: showing messages only, read-only", path, strings.Join(generation.Missing, ", "))
	}
	if a.static {
		a.note("%s is in a directory that can not be written to: a static look at what it held when it was opened", path)
	}
	status, err := readStatus(ctx, host)
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	if err := host.Close(); err != nil {
		return nil, err
	}
	changes := newEither(path, !status.Installed, t.interval)
	opts.Changes, a.own = changes, hook.NewLogged(changes)
	if status.Installed {
		a.capture = "trigger"
		if opts.Base, err = openBase(ctx, path, status, t.archive); err != nil {
			a.note("the events before now are not used: %v", err)
		}
	} else {
		a.capture = "poll"
		a.notePoll(generation)
	}
	if err := a.start(ctx, opts); err != nil {
		return nil, schemaAt(path, err)
	}
	return a, nil
}

func (a *attached) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

func (a *attached) notePoll(g claudeslack.Generation) {
	if g.Known && !a.static {
		a.note("no triggers in this database: it is polled, and values between two looks are not seen (cslack-stream capture install adds them)")
	}
}

func readStatus(ctx context.Context, host *capture.Host) (trigger.Status, error) {
	var status trigger.Status
	err := host.View(ctx, func(c *sql.Conn) (err error) {
		status, err = trigger.ReadStatus(ctx, c)
		return err
	})
	return status, err
}

// openBase opens the event file that an engine keeps for this very change
// log: the one that the database names, or the one beside it. No base and no
// error means that there is none.
func openBase(ctx context.Context, path string, status trigger.Status, archive bool) (engine.Base, error) {
	beside := eventFile(path)
	for _, file := range []string{status.CarrierPath, beside} {
		if _, err := os.Stat(file); err != nil {
			continue
		}
		log, err := openEvents(ctx, path, sqlite.Options{Path: file, ReadOnly: true, Archive: archive})
		if errors.Is(err, sqlite.ErrForeign) && file != beside {
			continue // the database is a copy
		}
		if err != nil {
			return nil, err
		}
		at, err := log.Checkpoint(ctx)
		if err != nil || at.Log != status.Epoch || at.ID > status.Newest {
			return nil, errors.Join(err, log.Close())
		}
		return log, nil
	}
	return nil, nil //nolint:nilnil // nothing there is no error
}

// openEvents opens the event file of a database: the one at opts.Path, or the
// one beside it.
func openEvents(ctx context.Context, path string, opts sqlite.Options) (*sqlite.Log, error) {
	device, inode, err := capture.Identify(path)
	if err != nil {
		return nil, err
	}
	if opts.Path == "" {
		opts.Path = eventFile(path)
	}
	opts.Database = sqlite.Identity{Path: path, Device: device, Inode: inode}
	return sqlite.Open(ctx, opts)
}

// schemaAt names the database in an error about its schema.
func schemaAt(path string, err error) error {
	var s *claudeslack.SchemaError
	if errors.As(err, &s) && !strings.Contains(s.Found, path) {
		return fmt.Errorf("%s: %w", path, s)
	}
	return err
}
