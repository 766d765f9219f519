package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/poll"
	"cslack-stream/internal/engine/capture/trigger"
)

// cacheOptions bound the events that are kept in memory.
type cacheOptions struct {
	maxSize int           // events; 0 means bus.DefaultMax
	ttl     time.Duration // 0 means bus.DefaultTTL
}

// carryOnlyInMemory opens the engine that adds nothing to the database and
// keeps no file: what this process writes itself is captured by a hook, what
// others write by a poll. Events, and with them cursors, end with it.
func carryOnlyInMemory(ctx context.Context, path string, opts serveOptions, logger *slog.Logger) (*attached, error) {
	host := capture.NewHost(path)
	generation, err := host.Generation(ctx)
	if err == nil {
		err = trigger.CheckGeneration(generation)
	}
	if err != nil {
		return nil, schemaAt(path, errors.Join(err, host.Close()))
	}
	status, err := readStatus(ctx, host)
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	cache := cacheOptions{cmp.Or(opts.cache.maxSize, bus.DefaultMax), cmp.Or(opts.cache.ttl, bus.DefaultTTL)}
	changes := poll.New(poll.Options{Host: host})
	a := &attached{capture: "poll", backend: "memory", static: host.Static()}
	if !opts.noHooks {
		a.capture, a.own = "hook", hook.NewRecorder(changes)
	}
	a.note("events are kept in memory only, the newest %d for %s: cursors end with this process, what happens while it does not run is never told, and what others change is seen by looking: changes between two looks merge into one", cache.maxSize, cache.ttl)
	if a.static {
		a.note("%s is in a directory that can not be written to: a static look at what it held when it was opened", path)
	}
	if status.Installed {
		a.note("the change log in this database is left alone: it grows until another engine carries it, or cslack-stream capture uninstall removes it")
	}
	err = a.start(ctx, engine.Options{
		Changes: changes, Store: memory.New(memory.Options{Max: cache.maxSize, TTL: cache.ttl}), Logger: logger,
		Window: bus.Options{Max: cache.maxSize, TTL: cache.ttl},
	})
	if err != nil {
		return nil, schemaAt(path, err)
	}
	return a, nil
}
