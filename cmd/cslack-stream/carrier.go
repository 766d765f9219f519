package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
	"cslack-stream/internal/server"
)

// carry opens the engine that captures by triggers and keeps events in the
// file beside the database, installing what is missing.
func carry(ctx context.Context, path string, t tuning, log *serveLog) (*attached, error) {
	host := capture.NewHost(path)
	generation, err := host.Generation(ctx)
	if err == nil {
		err = trigger.CheckGeneration(generation) // before anything is said or made
	}
	if err != nil {
		return nil, schemaAt(path, errors.Join(err, host.Close()))
	}
	status, err := readStatus(ctx, host)
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	switch {
	case status.Outdated():
		log.tellOnce(ctx, "%s: %s", path, status.Upgraded())
	case !status.Installed && !status.Newer():
		log.tellOnce(ctx, "%s: %s", path, trigger.Added(generation))
	}
	a := &attached{capture: "trigger", backend: "sqlite", carries: true}
	self := carrierName()
	a.events, err = openEvents(ctx, path, sqlite.Options{
		Path: t.events(path), TTL: t.ttl, Archiving: t.archiving, Redact: t.redact, Logger: log.Logger, Carrier: self,
	})
	if err != nil {
		err = errors.Join(err, host.Close())
		if errors.Is(err, sqlite.ErrForeign) || errors.Is(err, sqlite.ErrLayout) || sqlitedb.IsFull(err) || sqlitedb.IsBusy(err) {
			return nil, err
		}
		return carryInMemory(ctx, path, t, log.Logger, err)
	}
	carriers := &carriers{events: a.events, self: self}
	following, err := carriers.follow(ctx)
	if err != nil {
		return nil, errors.Join(err, a.events.Close(), host.Close())
	}
	takeOver := func(ctx context.Context) bool {
		following, err := carriers.follow(ctx)
		return err == nil && !following
	}
	changes := trigger.New(trigger.Options{Host: host, Interval: t.interval, Logger: log.Logger})
	a.own = hook.NewLogged(changes)
	err = a.start(ctx, engine.Options{
		Changes: changes, Store: a.events, File: a.events.File, Following: following, TakeOver: takeOver, Limit: t.batch, MaxWait: t.maxWait, Window: t.window, Redact: t.redact, Logger: log.Logger,
		Install: func(ctx context.Context) (*capture.Look, error) {
			look, err := trigger.Install(ctx, path)
			var file string
			if err == nil {
				file, err = a.events.File(ctx) // which may be another one than at the start
			}
			if err == nil {
				err = changes.Claim(ctx, file, t.events(path), false)
			}
			if err != nil && look != nil {
				look.Close()
			}
			return look, err
		},
	})
	if err != nil {
		return nil, explainCarry(path, err)
	}
	return a, nil
}

// explainCarry adds what to do to why nothing can be carried.
func explainCarry(path string, err error) error {
	switch {
	case errors.Is(err, trigger.ErrNotCarrier):
		return fmt.Errorf("%w: stop that engine, or take over with: cslack-stream capture install --take-over", err)
	case sqlitedb.IsReadOnlyDirectory(err):
		return fmt.Errorf("%w: let this user write to %s and its directory, or add nothing to it with --no-install", err, path)
	}
	return schemaAt(path, err)
}

// carriers are the engines that may carry into an event log.
type carriers struct {
	events *sqlite.Log
	self   string
	// replaced is the one that this engine was noted in place of. If it is
	// noted again, it does run, though its process can not be seen from here.
	replaced string
}

// follow tells whether another engine carries into the log; if none does, this
// one is noted.
func (c *carriers) follow(ctx context.Context) (following bool, err error) {
	last, err := c.events.Carrier(ctx)
	switch {
	case err != nil || last == c.self:
		return false, err
	case last != "" && last == c.replaced, runs(last):
		return true, nil
	}
	noted, err := c.events.NoteCarrier(ctx, last)
	if noted {
		c.replaced = last
	}
	return err == nil && !noted, err
}

// carrierName is what an engine of this process is noted as where it carries.
func carrierName() string { return fmt.Sprintf("%d-%s", os.Getpid(), event.NewEpoch()) }

// runs reports whether the process of a carrier seems to run. Another one may
// have its number, or it may run elsewhere; then the first change shows who
// carries.
func runs(carrier string) bool {
	number, _, _ := strings.Cut(carrier, "-")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 0 || pid == os.Getpid() {
		return false
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	err = p.Signal(syscall.Signal(0))
	return err == nil && !ended(pid) || errors.Is(err, syscall.EPERM)
}

// ended reports whether a process has ended and is a process only because
// nobody has asked how yet. Linux tells; elsewhere it counts as one that runs.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" Z"))
}

// carryInMemory is for an event file that can not be opened or written. The
// triggers go on keeping every change in the database, and nothing is trimmed;
// the events made of them live as long as this process.
func carryInMemory(ctx context.Context, path string, t tuning, logger *slog.Logger, cause error) (*attached, error) {
	look, err := trigger.Install(ctx, path)
	if err != nil {
		return nil, err
	}
	if look != nil {
		look.Close()
	}
	a, err := attachReadOnly(ctx, path, t, logger)
	if err == nil {
		a.lasting = fmt.Sprintf("events are kept in memory only, since the event file can not be used: %v; mend that and start again", sqlitedb.Explained(cause))
		a.note("the event file can not be used, so events are kept in memory only, and cursors end with this process (move the file away and start again for a new one): %v", cause)
	}
	return a, err
}

// problem says in one sentence what is wrong with an engine.
func problem(c engine.Condition) string {
	if c.Reads {
		return c.Err.Error()
	}
	return fmt.Sprintf("capture has failed since %s: %v", c.Since.UTC().Format(time.RFC3339), c.Err)
}

// health tells how the engine is.
func (a *attached) health(ctx context.Context) server.Health {
	c := a.Condition()
	h := server.Health{Status: server.StatusHealthy, Backend: a.backend, Capture: a.capture, Carries: a.carries && c.Carries}
	if c.State == engine.Degraded {
		h.Status = server.StatusDegraded
		h.Problems = append(h.Problems, problem(c))
	}
	if a.lasting != "" {
		h.Status = server.StatusDegraded
		h.Problems = append(h.Problems, a.lasting)
	}
	b, err := a.Bounds(ctx)
	if err != nil {
		h.Status = server.StatusFailed
		h.Problems = append(h.Problems, fmt.Sprintf("the event log can not be read: %v", err))
		return h
	}
	h.Latest = b.Latest()
	h.EventTableSize, h.Lag = a.Size(ctx)
	return h
}
