package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/poll"
)

// carryOnlyInMemory opens the engine that adds nothing to the database and
// keeps no file: what this process writes itself is captured by a hook, what
// others write by a poll. Events, and with them cursors, end with it. A
// database that can only be looked at is looked at. why is how messages call
// what asks for it.
func carryOnlyInMemory(ctx context.Context, path, why string, t tuning, logger *slog.Logger) (*attached, error) {
	host := capture.NewHost(path)
	generation, err := host.Generation(ctx)
	if err != nil {
		return nil, schemaAt(path, errors.Join(err, host.Close()))
	}
	if host.Static() || !generation.Known {
		if err := host.Close(); err != nil {
			return nil, err
		}
		return attachReadOnly(ctx, path, t, logger)
	}
	status, err := readStatus(ctx, host)
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	t.window.Max, t.window.TTL = cmp.Or(t.window.Max, bus.DefaultMax), cmp.Or(t.window.TTL, bus.DefaultTTL)
	changes := poll.New(poll.Options{Host: host, Interval: t.interval})
	a := &attached{capture: "poll", backend: "memory"}
	if !t.noHooks {
		a.capture, a.own = "hook", hook.NewRecorder(changes)
	}
	a.note("%s: events are kept in memory only, the newest %d for %s; cursors end with this process, what happens while it does not run is never told, and what others change is seen by looking: changes between two looks merge into one", why, t.window.Max, t.window.TTL)
	if status.Installed {
		a.note("the change log in this database is left alone: it grows until another engine carries it, or cslack-stream capture uninstall removes it")
	}
	err = a.start(ctx, engine.Options{
		Changes: changes, Store: memory.New(memory.Options{Max: t.window.Max, TTL: t.window.TTL}), Logger: logger,
		Window: t.window, Limit: t.batch, MaxWait: t.maxWait, Redact: t.redact,
	})
	if err != nil {
		return nil, schemaAt(path, err)
	}
	return a, nil
}
