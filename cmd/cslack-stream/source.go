package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/server/client"

	"github.com/spf13/pflag"
)

// The modes of attachments, as they are shown.
const (
	modeLive   = "live"          // a server
	modeDirect = "live (direct)" // the database, with the engine in this process
	modeStatic = "static"        // the database as it was when it was opened
)

// attachment is a source of events as a command uses it.
type attachment struct {
	event.Source
	// Agents lists all agents that may be watched.
	Agents func(ctx context.Context) ([]event.AgentInfo, error)
	// Channels lists the channels that an agent may know of; all for the zero
	// Agent.
	Channels func(ctx context.Context, agent event.Agent) ([]event.Channel, error)
	// Why explains whether an agent gets the event with an id.
	Why func(ctx context.Context, id string, agent event.Agent) (event.Why, error)
	// Actor writes into the workspace; nil if it can only be looked at.
	Actor action.Actor
	// Mode is live, live (direct) or static.
	Mode string
	// Notes are lines for standard error.
	Notes []string
	// Where is the database or the server, as it is shown.
	Where string
	// Derived tells that events from before were made from the tables as they
	// are, not captured as they happened.
	Derived bool
	// Ephemeral tells that cursors mean nothing to a later attachment: the
	// hint how to resume names a time instead.
	Ephemeral bool
	// Trouble tells why the source can not look for events now; nil if it
	// can, or if nobody knows.
	Trouble func() error
	// Close releases the source; nil if there is nothing to release.
	Close func() error
}

func (a *attachment) close() {
	if a.Close != nil {
		_ = a.Close()
	}
}

// opener opens the source of events that flags ask for.
type opener func(ctx context.Context, env *environment, f sourceFlags) (*attachment, error)

// sourceFlags say where events come from.
type sourceFlags struct {
	db, server, tokenFile string
	direct                bool
	// archive asks for archived events too.
	archive bool
	// noReconnect makes a lost stream an error.
	noReconnect bool
	// notify, if set, is told what happens to the connection, in lines for
	// standard error.
	notify func(line string)
	// onState, if set, is told what happens to the connection to a server.
	onState func(client.State)
}

// add adds the flags to a command's.
func (f *sourceFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.db, "db", "", "the Claude-Slack database `FILE`")
	flags.StringVar(&f.server, "server", "", "read from the server at this `URL` ($CSLACK_STREAM_URL)")
	flags.StringVar(&f.tokenFile, "token-file", "", "`FILE` with the access token for the server ($CSLACK_STREAM_TOKEN)")
	flags.BoolVar(&f.direct, "direct", false, "open the database even if a server serves it")
	groupFlags(flags, "Where from", "db", "server", "token-file", "direct")
}

func (f *sourceFlags) tell(format string, args ...any) {
	if f.notify != nil {
		f.notify(fmt.Sprintf(format, args...))
	}
}

// openSource opens, in this order: the server that a flag or the environment
// names, a server that serves the database and is recorded in the state
// directory, the database itself.
func openSource(ctx context.Context, env *environment, f sourceFlags) (*attachment, error) {
	url := f.server
	switch {
	case url != "" && f.db != "":
		return nil, usageError("--server and --db both say where events come from: give one")
	case url != "" && f.direct:
		return nil, usageError("--server and --direct exclude each other: give one")
	case url == "" && f.db == "" && !f.direct:
		url = env.Getenv("CSLACK_STREAM_URL")
	}
	if url != "" {
		return openServer(ctx, env, f, strings.TrimSuffix(url, "/"))
	}
	path, err := claudeslack.Locate(f.db, env.Getenv, env.Home)
	if err != nil {
		return nil, err
	}
	if !f.direct {
		if r, ok := env.readServerRecord(path); ok && r.alive(ctx) {
			a, err := openServer(ctx, env, f, r.URL)
			if err == nil {
				return a, nil
			}
			f.tell("the server at %s does not let us in (%v): opening the database itself", r.URL, err)
		}
	}
	return openDirect(ctx, path, f)
}

// completionTime is how long the shell may wait for completions.
const completionTime = 300 * time.Millisecond

// errSlow means that completions took too long.
var errSlow = errors.New("completion took too long")

// withSource runs use with the source that the flags name, for at most
// completionTime, and returns what it returns. Whatever takes longer is left
// to end with the process.
func withSource[T any](env *environment, f sourceFlags, use func(context.Context, *attachment) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		a, err := env.Open(ctx, env, f)
		if r.err = err; err == nil {
			r.value, r.err = use(ctx, a)
			a.close()
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return result{}.value, errSlow
	}
}
