package main

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/poll"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// either is the capture of a read-only attachment: the change log where there
// is one, else a poll. Triggers may be removed, or another file may take the
// database's place, while somebody watches; the engine then takes a new look,
// and that look decides anew.
type either struct {
	log   *trigger.Log
	poll  *poll.Poller
	polls atomic.Bool
}

func newEither(path string, polls bool, interval time.Duration) *either {
	e := &either{
		log:  trigger.New(trigger.Options{Host: capture.NewHost(path), ReadOnly: true, Interval: interval}),
		poll: poll.New(poll.Options{Host: capture.NewHost(path), Interval: interval}),
	}
	e.polls.Store(polls)
	return e
}

// Next implements capture.Changes.
func (e *either) Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	if e.polls.Load() {
		return e.poll.Next(ctx, after, limit)
	}
	return e.log.Next(ctx, after, limit)
}

// Look implements capture.Changes. Once it polls it goes on polling: what
// triggers note that come later, it sees too.
func (e *either) Look(ctx context.Context) (*capture.Look, error) {
	if !e.polls.Load() {
		look, err := e.log.Look(ctx)
		if !errors.Is(err, capture.ErrReplaced) {
			return look, err
		}
		e.polls.Store(true)
	}
	return e.poll.Look(ctx)
}

// Write implements hook.Log.
func (e *either) Write(ctx context.Context, c *sql.Conn, write func() error) error {
	err := e.log.Write(ctx, c, write)
	if err == nil {
		e.poll.Wake()
	}
	return err
}

// Close implements capture.Changes.
func (e *either) Close() error { return errors.Join(e.log.Close(), e.poll.Close()) }

// messagesOnly is an engine on a schema that is not known well enough for
// anything but messages.
type messagesOnly struct{ *engine.Engine }

var messageTypes = []string{"message.*"}

func onlyMessages(req event.Request) event.Request {
	if len(req.Filter.Types) == 0 {
		req.Filter.Types = messageTypes
		return req
	}
	types := slices.DeleteFunc(slices.Clone(event.Types), func(t event.Type) bool {
		return !req.Filter.Admits(t) || !t.Matches(messageTypes[0])
	})
	req.Filter.Types = []string{"none"} // what nothing matches, if nothing is left
	for _, t := range types {
		req.Filter.Types = append(req.Filter.Types, string(t))
	}
	return req
}

// Subscribe implements event.Source.
func (m messagesOnly) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	return m.Engine.Subscribe(ctx, onlyMessages(req))
}

// Last implements event.Backwards.
func (m messagesOnly) Last(ctx context.Context, req event.Request, n int) (event.Cursor, error) {
	return m.Engine.Last(ctx, onlyMessages(req), n)
}

// Before implements event.Backwards.
func (m messagesOnly) Before(ctx context.Context, req event.Request, at event.Cursor, n int) ([]*event.Event, error) {
	return m.Engine.Before(ctx, onlyMessages(req), at, n)
}
