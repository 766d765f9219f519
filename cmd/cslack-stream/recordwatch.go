package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
	"cslack-stream/internal/tui"
)

// recordedSource is a source whose following streams are recorded as they are
// delivered: what a view shows that connects again by itself, and whose reader
// watches one after the other. Each of those has a recording of its own,
// because a recording has one view; the first has the name that was given.
type recordedSource struct {
	event.Source
	path   string
	header func(event.Request) replay.Header
	tell   func(error)

	mu    sync.Mutex
	file  *os.File // until it is known whose it is
	tapes []*tape  // in the order in which they were begun
	shown *tape    // of what is watched now; nil if nothing is
}

// tape is the recording of one view.
type tape struct {
	*recorder
	req  event.Request
	at   event.Cursor // behind what was recorded last
	away bool         // another view was shown meanwhile
}

// recordWatch makes the first file, and the source that fills it.
func recordWatch(source event.Source, path string, header func(event.Request) replay.Header, tell func(error)) (*recordedSource, error) {
	file, err := createRecording(path)
	if err != nil {
		return nil, err
	}
	return &recordedSource{Source: source, path: path, header: header, tell: tell, file: file}, nil
}

// watching takes note of what is shown from now on: streams of anything else
// are not recorded. It returns what the reader should know of that.
func (r *recordedSource) watching(req event.Request) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.tapes, func(t *tape) bool { return t.isOf(req) }); i >= 0 {
		r.shown = r.tapes[i]
		r.shown.away = true
	} else {
		r.begin(req)
	}
	if r.shown.out == nil {
		return "this is not recorded"
	}
	if len(r.tapes) == 1 {
		return ""
	}
	return "recorded in " + r.shown.path
}

// begin begins another recording.
func (r *recordedSource) begin(req event.Request) {
	file, path := r.file, r.path
	var err error
	if r.file = nil; file == nil {
		file, path, err = r.createNext()
	}
	r.shown = &tape{recorder: &recorder{path: path, file: file, tell: r.tell}, req: req}
	r.tapes = append(r.tapes, r.shown)
	if err != nil {
		r.tell(err)
		return
	}
	r.shown.out = replay.NewWriter(file, r.header(req))
}

// mostRecordings bounds how many names of files are tried.
const mostRecordings = 1000

// createNext makes a file beside the first one: it-2.ndjson, it-3.ndjson.
func (r *recordedSource) createNext() (file *os.File, path string, err error) {
	ext := filepath.Ext(r.path)
	err = fs.ErrExist
	for n := len(r.tapes) + 1; n < mostRecordings && errors.Is(err, fs.ErrExist); n++ {
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(r.path, ext), n, ext)
		file, err = openNew(path)
	}
	if err != nil {
		return nil, path, fmt.Errorf("--record %s: %w", quoted(r.path), err)
	}
	return file, path, nil
}

// paths are the files that there are recordings in.
func (r *recordedSource) paths() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, t := range r.tapes {
		if t.file != nil {
			out = append(out, t.path)
		}
	}
	return out
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
	t := r.takes(req)
	if t == nil {
		return r.Source.Subscribe(ctx, req)
	}
	req.Audience = req.Audience || req.Operator || len(req.Also) > 0
	s, err := r.Source.Subscribe(ctx, req)
	r.note(t, nil, err)
	if err != nil {
		return nil, err
	}
	recorded := recordedStream{s, r, t}
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

// takes is the recording that a stream belongs to, or nil. While another view
// was shown nothing of this one was recorded, which is a gap.
func (r *recordedSource) takes(req event.Request) *tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.shown
	if !req.Follow || t == nil || !t.isOf(req) {
		return nil
	}
	if t.away && !t.at.IsZero() && !req.After.IsZero() && (req.After.Epoch != t.at.Epoch || req.After.Offset > t.at.Offset) {
		t.gap(&event.GapError{Reason: event.GapNotHeld, Requested: t.at, Oldest: req.After, Count: -1})
		t.at = req.After
	}
	t.away = false
	return t
}

// isOf tells whether a stream is of the view of this recording: who sees what
// can be a stream of the same agents, of more than the view is narrowed to.
func (t *tape) isOf(req event.Request) bool {
	return req.Agent == t.req.Agent && req.Operator == t.req.Operator && slices.Equal(req.Also, t.req.Also) &&
		slices.Equal(req.Filter.Types, t.req.Filter.Types) && slices.Equal(req.Filter.Channels, t.req.Filter.Channels)
}

// note records what a stream gave. A stream that was opened again may give
// again what came after it was asked for.
func (r *recordedSource) note(t *tape, events []*event.Event, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(events) > 0 && events[0].Cursor.Epoch == t.at.Epoch && events[0].Cursor.Offset <= t.at.Offset {
		events = events[1:]
	}
	if len(events) > 0 {
		t.events(events)
		t.at = events[len(events)-1].Cursor
	}
	var gap *event.GapError
	if errors.As(err, &gap) && !t.at.IsZero() && gap.Oldest != t.at {
		t.gap(gap)
		t.at = gap.Oldest
	}
}

// finish completes the recordings.
func (r *recordedSource) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil { // nobody was watched
		r.begin(event.Request{Operator: true})
	}
	for _, t := range r.tapes {
		t.finish(event.Cursor{})
	}
}

type recordedStream struct {
	event.Stream
	source *recordedSource
	tape   *tape
}

// Next implements event.Stream.
func (s recordedStream) Next(ctx context.Context) ([]*event.Event, error) {
	events, err := s.Stream.Next(ctx)
	s.source.note(s.tape, events, err)
	return events, err
}

// recordScreen has what a screen shows recorded. What it returns completes the
// recordings, and says where they are if that is not plain.
func (t *tailer) recordScreen(o *tui.Options) (finish func(), err error) {
	header := func(req event.Request) replay.Header {
		h := replay.HeaderOf(req, o.Infos, t.env.Now())
		h.Range.Narrowed = t.plan.narrows()
		return h
	}
	var broken mishaps
	r, err := recordWatch(o.Source, t.plan.tailOptions.record, header, broken.add)
	if err != nil {
		return nil, err
	}
	o.Source, o.Watching, o.Mishap = r, r.watching, broken.news
	return func() {
		r.finish()
		for _, err := range broken.list() {
			t.complain("%v", err)
		}
		if paths := r.paths(); len(paths) > 1 {
			t.say("each view is recorded in a file of its own: %s", strings.Join(paths, ", "))
		}
	}, nil
}
