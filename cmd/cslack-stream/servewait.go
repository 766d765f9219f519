package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
	"cslack-stream/internal/server"
)

const (
	// retryOpen is how often serve sees whether there is a database now.
	retryOpen = 250 * time.Millisecond
	// settling is how long a database is taken to be in the making after the
	// last write to it, and longestMaking how long at most.
	settling      = 5 * time.Second
	longestMaking = 30 * time.Second
)

// openWhenThere opens the engine on the database that db names. While there is
// none, or none that can be opened yet, it waits: Claude-Slack makes its
// database when it is first used, and serve may well be started before. The
// listener answers meanwhile, and /health says what is waited for; what it
// returns listens at the same address. Told to stop while it waits it returns
// nothing, and no error.
func openWhenThere(ctx context.Context, env *environment, db string, c *config, log *serveLog, ln net.Listener) (*attached, string, net.Listener, error) {
	w := &waitingRoom{listener: ln, log: log}
	began := time.Now() // of what may be in the making
	for {
		path, err := claudeslack.Locate(db, env.Getenv, env.Home)
		var a *attached
		if err == nil {
			a, err = openEngine(ctx, path, c, log)
		}
		what := awaited(path, err, time.Since(began) < longestMaking)
		switch {
		case err == nil:
			if ln, err = w.leave(ctx); err != nil {
				err = errors.Join(err, a.stop())
			}
			return a, path, ln, err
		case what == "":
			return nil, "", nil, errors.Join(err, w.close())
		}
		w.enter(ctx, what)
		if path == "" {
			began = time.Now()
		}
		select {
		case <-time.After(retryOpen):
		case err := <-w.done:
			return nil, "", nil, err // nobody can be answered any more, or it is told to stop
		}
	}
}

// awaited says what has to happen for err to pass; nothing if it will not pass
// by itself. A schema in parts passes while it is young.
func awaited(path string, err error, young bool) string {
	var missing *claudeslack.NotFoundError
	var schema *claudeslack.SchemaError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &missing) && missing.Expected() != "":
		return fmt.Sprintf("waiting for %s to be created by Claude-Slack (if it is elsewhere, stop this and give --db PATH)", missing.Expected())
	case errors.As(err, &schema) && schema.Empty:
		return fmt.Sprintf("waiting for Claude-Slack to create its tables in %s, which is empty (it does so only in a file that was not there; if nothing happens remove the file and start Claude-Slack)", path)
	case errors.As(err, &schema) && schema.Partial && young && inTheMaking(path):
		return fmt.Sprintf("waiting for Claude-Slack to finish its tables in %s", path)
	case sqlitedb.IsBusy(err), sqlitedb.IsFull(err):
		return fmt.Sprintf("waiting for %s: %v", path, sqlitedb.Explained(err))
	}
	return ""
}

// inTheMaking tells whether the database was written to just now.
func inTheMaking(path string) bool {
	for _, file := range []string{path, path + "-wal"} {
		if info, err := os.Stat(file); err == nil && time.Since(info.ModTime()).Abs() < settling {
			return true
		}
	}
	return false
}

// waitingRoom answers requests while there is nothing to serve.
type waitingRoom struct {
	listener net.Listener
	log      *serveLog
	what     atomic.Pointer[string] // is waited for; nil: nothing yet
	cancel   context.CancelFunc
	done     chan error
}

// enter says what is waited for, if that is new, and answers requests from
// then on.
func (w *waitingRoom) enter(ctx context.Context, what string) {
	before := w.what.Swap(&what)
	if before != nil && *before == what {
		return
	}
	w.log.tell(ctx, "%s; http://%s/health says so too", what, w.listener.Addr())
	if before != nil {
		return
	}
	s := server.New(server.Options{Source: noSource{}, Health: w.health})
	ctx, w.cancel = context.WithCancel(ctx)
	w.done = make(chan error, 1)
	go func() { w.done <- s.Run(ctx, w.listener) }()
}

func (w *waitingRoom) health(context.Context) server.Health {
	return server.Health{Status: server.StatusFailed, Problems: []string{*w.what.Load()}}
}

// leave ends the answers and returns a listener at the same address.
func (w *waitingRoom) leave(ctx context.Context) (net.Listener, error) {
	if w.done == nil {
		return w.listener, nil
	}
	if err := w.close(); err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", w.listener.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("listen again: %w", err)
	}
	return ln, nil
}

// close ends the answers, and closes the listener.
func (w *waitingRoom) close() error {
	if w.done == nil {
		return w.listener.Close()
	}
	w.cancel()
	return <-w.done
}

// noSource is the source of what is not there yet.
type noSource struct{}

// Subscribe implements event.Source.
func (noSource) Subscribe(context.Context, event.Request) (event.Stream, error) {
	return nil, event.ErrUnavailable
}

// Snapshot implements event.Source.
func (noSource) Snapshot(context.Context, event.Agent) (event.Snapshot, error) {
	return event.Snapshot{}, event.ErrUnavailable
}
