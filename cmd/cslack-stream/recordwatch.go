package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
)

// recordedSource is a source whose following streams are recorded as they are
// delivered: what a view shows that connects again by itself. It records the
// view of whom it was asked for first.
type recordedSource struct {
	event.Source
	header func(event.Request) replay.Header

	mu     sync.Mutex
	record *recorder
	file   *os.File // until the first stream says whose it is
	tell   func(error)
	req    event.Request
	at     event.Cursor // behind what was recorded last
}

// recordWatch makes the file, and the source that fills it.
func recordWatch(source event.Source, path string, header func(event.Request) replay.Header, tell func(error)) (*recordedSource, error) {
	file, err := createRecording(path)
	if err != nil {
		return nil, err
	}
	r := &recordedSource{Source: source, header: header, file: file, tell: tell}
	r.record = &recorder{path: path, file: file, tell: tell}
	return r, nil
}

// Last implements event.Backwards.
func (r *recordedSource) Last(ctx context.Context, req event.Request, n int) (event.Cursor, error) {
	return event.Last(ctx, r.Source, req, n)
}

// Before implements event.Backwards. What is looked back at is not recorded.
func (r *recordedSource) Before(ctx context.Context, req event.Request, at event.Cursor, n int) ([]*event.Event, error) {
	if back, ok := r.Source.(event.Backwards); ok {
		return back.Before(ctx, req, at, n)
	}
	return nil, event.ErrUnsupported
}

// Subscribe implements event.Source.
func (r *recordedSource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	if !req.Follow || !r.takes(req) {
		return r.Source.Subscribe(ctx, req)
	}
	req.Audience = req.Audience || req.Operator || len(req.Also) > 0
	s, err := r.Source.Subscribe(ctx, req)
	r.note(nil, err)
	if err != nil {
		return nil, err
	}
	recorded := recordedStream{s, r}
	if l, ok := s.(listener); ok {
		return heardStream{recorded, l}, nil
	}
	return recorded, nil
}

// listener is a stream that knows when it last heard of its server.
type listener interface {
	Heard() (last time.Time, every time.Duration)
}

// heardStream is a recorded stream of a server.
type heardStream struct {
	recordedStream
	listener
}

// takes tells whether a stream is of the view that is recorded.
func (r *recordedSource) takes(req event.Request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		r.record.out, r.req, r.file = replay.NewWriter(r.file, r.header(req)), req, nil
	}
	return req.Agent == r.req.Agent && req.Operator == r.req.Operator && slices.Equal(req.Also, r.req.Also)
}

// note records what a stream gave. A stream that was opened again may give
// again what came after it was asked for.
func (r *recordedSource) note(events []*event.Event, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(events) > 0 && events[0].Cursor.Epoch == r.at.Epoch && events[0].Cursor.Offset <= r.at.Offset {
		events = events[1:]
	}
	if len(events) > 0 {
		r.record.events(events)
		r.at = events[len(events)-1].Cursor
	}
	var gap *event.GapError
	if errors.As(err, &gap) && !r.at.IsZero() && gap.Oldest != r.at {
		r.record.gap(gap)
		r.at = gap.Oldest
	}
}

// finish completes the recording.
func (r *recordedSource) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil { // nobody was watched
		r.record.out, r.file = replay.NewWriter(r.file, r.header(event.Request{Operator: true})), nil
	}
	r.record.finish(event.Cursor{})
}

type recordedStream struct {
	event.Stream
	source *recordedSource
}

// Next implements event.Stream.
func (s recordedStream) Next(ctx context.Context) ([]*event.Event, error) {
	events, err := s.Stream.Next(ctx)
	s.source.note(events, err)
	return events, err
}
