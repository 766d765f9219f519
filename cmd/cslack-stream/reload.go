package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/server"

	"go.yaml.in/yaml/v3"
)

// reloader gives a running serve the configuration anew.
type reloader struct {
	env   *environment
	flags configFlags
	// config is what is in effect: a key that needs a restart keeps its value.
	config *config
	log    *serveLog
	server *server.Server
	events *sqlite.Log // nil if they are in memory
}

// reload takes what can be changed while serve runs, and says what else has
// changed. A configuration that is wrong changes nothing.
func (r *reloader) reload() {
	next, err := r.env.loadConfig(r.flags)
	if err == nil {
		err = next.checkServable()
	}
	if err != nil {
		r.log.Error("configuration not reloaded: the one before stays in effect", slog.Any("error", err))
		return
	}
	taken, kept := r.config.takeOver(next)
	r.log.level.Set(r.config.logLevel())
	r.server.SetWriteTimeout(r.config.writeTimeout())
	r.server.SetWriteRate(float64(r.config.WritesPerSecond), r.config.WritesAtOnce)
	if r.events != nil {
		r.events.SetTTL(r.config.ttl())
		r.events.SetArchiving(r.config.archiving())
	}
	if len(kept) > 0 {
		r.log.Warn("configuration: some changes need a restart", slog.String("keys", strings.Join(kept, " ")))
	}
	r.log.Info("configuration reloaded", slog.String("changed", strings.Join(taken, " ")))
}

// takeOver takes from another configuration the keys that can be changed while
// serve runs, and returns the names of those that have changed: the ones that
// it took, and the ones that it could not take.
func (c *config) takeOver(next *config) (taken, kept []string) {
	for i, k := range c.keys {
		value := next.keys[i].value.get()
		if yamlText(value) == yamlText(k.value.get()) {
			continue
		}
		var n yaml.Node
		if k.reloads && n.Encode(value) == nil && k.value.set(&n) == nil {
			taken = append(taken, k.name)
		} else {
			kept = append(kept, k.name)
		}
	}
	return taken, kept
}

// hangups are the SIGHUPs that a serve gets.
type hangups struct {
	signals chan os.Signal
	// stays tells that they are never about a terminal: there is none, or
	// serve was started by nohup.
	stays bool
}

// takeHangups takes the signals from now on, so that none ends the process.
func takeHangups() *hangups {
	h := &hangups{signals: make(chan os.Signal, 1), stays: signal.Ignored(syscall.SIGHUP) || !hasTerminal()}
	signal.Notify(h.signals, syscall.SIGHUP)
	return h
}

// heed calls reload with every signal. One that comes because the terminal of
// serve is gone ends the context returned instead, with errTerminalGone as its
// cause: a server that nobody can see any more should not keep its port. The
// function returned releases everything.
func (h *hangups) heed(ctx context.Context, reload func()) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-h.signals:
				if !h.stays && !hasTerminal() {
					cancel(errTerminalGone)
					return
				}
				reload()
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// drop gives the signals back to their default.
func (h *hangups) drop() { signal.Stop(h.signals) }

// hasTerminal tells whether this process has a terminal that could hang up.
func hasTerminal() bool {
	f, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}
