package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	r3labs "github.com/r3labs/sse/v2"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/sse"
)

// link keeps one stream connected. Its run is one goroutine; the library
// reads each connection in another one, which ends with the connection.
type link struct {
	src *Source
	st  *stream
	url string

	mu     sync.Mutex
	pause  pause
	err    error                   // why the connection at work, or the last one, failed
	cut    context.CancelCauseFunc // ends the connection at work
	served bool                    // a good frame came over the connection at work
}

func newLink(src *Source, st *stream, url string) *link {
	return &link{src: src, st: st, url: url, pause: newPause(), cut: func(error) {}}
}

// run connects, again and again, until the stream is finished or ctx is done.
func (l *link) run(ctx context.Context) {
	// The library sees frames as sse.AppendFrame writes them, which can be
	// longer than what the server sent.
	c := r3labs.NewClient(l.url, r3labs.ClientMaxBufferSize(8*l.src.opts.MaxFrame))
	c.Connection = &http.Client{Transport: &connector{link: l, next: l.src.opts.Transport}}
	c.ReconnectStrategy = &backOff{link: l, done: ctx.Done()}
	err := c.SubscribeRawWithContext(ctx, func(msg *r3labs.Event) { l.frame(ctx, msg) })
	if ctx.Err() == nil {
		// It ends for reasons of its own only if one of ours is wrong.
		err = fmt.Errorf("%w: %w", ErrLost, inner(err))
	}
	l.st.finish(err)
}

// frame handles one whole frame.
func (l *link) frame(ctx context.Context, msg *r3labs.Event) {
	if l.st.finished() {
		return
	}
	if len(msg.Data) == 0 {
		l.good()
		if c, err := event.ParseCursor(string(msg.ID)); err == nil && !c.IsZero() {
			l.st.move(c)
		}
		return
	}
	e, err := l.decode(msg.Data)
	if err != nil {
		l.st.finish(err) // dropping it would be a silent loss
		return
	}
	switch e.Type {
	case event.StreamBye:
		l.bye(e)
	case event.StreamGap:
		l.st.finish(gapOf(e))
	case event.StreamInitial:
		// It was not asked for: somebody between here and the server has
		// dropped the cursor.
		at := l.st.place()
		l.st.finish(&event.GapError{Reason: event.GapTrimmed, Requested: at, Oldest: e.Cursor, Count: -1})
	case event.StreamLive:
		l.good()
		l.st.catchUp()
		if !l.st.req.Follow {
			l.st.finish(io.EOF)
		}
	default:
		l.event(ctx, e)
	}
}

func (l *link) decode(data []byte) (*event.Event, error) {
	if l.st.req.Audience {
		return l.src.roster.Decode(data)
	}
	return event.Decode(data)
}

// event queues an event, unless it has come before.
func (l *link) event(ctx context.Context, e *event.Event) {
	at := l.st.place()
	switch {
	case e.Cursor.IsZero():
		return // a control frame of a newer server
	case at.Epoch != "" && e.Cursor.Epoch != at.Epoch:
		before := event.Cursor{Epoch: e.Cursor.Epoch, Offset: e.Cursor.Offset - 1}
		l.st.finish(&event.GapError{Reason: event.GapEpoch, Requested: at, Oldest: before, Count: -1})
		return
	case at.Epoch != "" && e.Cursor.Offset <= at.Offset:
		l.good()
		return
	case l.st.req.Audience && e.Audience == nil:
		// To go on would mean to show nobody, or everybody, as its audience.
		l.st.finish(fmt.Errorf("event %s does not say who may see it: the server is too old for this, update it", e.Cursor))
		return
	}
	l.good()
	if !wants(l.st.req, e) {
		l.st.move(e.Cursor)
		return
	}
	l.st.push(ctx, e)
}

// wants reports whether a request's own conditions let e pass.
func wants(req event.Request, e *event.Event) bool {
	return req.Filter.Match(e) &&
		(req.Since.IsZero() || !e.CreatedAt.Before(req.Since)) &&
		(req.Until.IsZero() || e.CreatedAt.Before(req.Until))
}

// gapOf reads a stream.gap frame.
func gapOf(e *event.Event) error {
	var data struct {
		Reason            event.GapReason
		Requested, Oldest event.Cursor
		Count             *int64
	}
	if err := json.Unmarshal(e.Payload, &data); err != nil {
		return fmt.Errorf("decode gap: %w", err)
	}
	gap := &event.GapError{Reason: data.Reason, Requested: data.Requested, Oldest: data.Oldest, Count: -1}
	if data.Count != nil {
		gap.Count = *data.Count
	}
	return gap
}

// bye reads a stream.bye frame and ends the connection, to come back when the
// server says.
func (l *link) bye(e *event.Event) {
	var data struct {
		Reason string
		Retry  int64 `json:"retry_ms"`
	}
	_ = json.Unmarshal(e.Payload, &data)
	err := fmt.Errorf("server ended the stream (%s): %w", data.Reason, event.ErrUnavailable)
	l.mu.Lock()
	defer l.mu.Unlock()
	// The goroutine that reads is ahead and may have met the end already: this
	// is why it ended.
	l.err = err
	l.pause.exactly(time.Duration(data.Retry) * time.Millisecond)
	l.cut(err)
}

// good notes a frame that shows that the server serves this stream.
func (l *link) good() {
	l.mu.Lock()
	first := !l.served
	l.served = true
	if first {
		l.pause.reset()
	}
	l.mu.Unlock()
	if !first {
		return
	}
	phase := Reconnected
	if l.st.accept() {
		phase = Connected
	}
	l.src.log.Debug("stream connected", slog.String("phase", string(phase)), slog.String("after", l.st.place().String()))
	l.src.opts.OnState(State{Phase: phase})
}

// connecting begins a connection.
func (l *link) connecting(cut context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.served, l.cut = nil, false, cut
}

// failed notes why the connection fails; the first reason counts.
func (l *link) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// setRetry notes a retry field of the server.
func (l *link) setRetry(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.base = min(d, maxPause)
}

// next decides what follows a failed connection: how long to wait before the
// next one, or false if that was the last.
func (l *link) next() (time.Duration, bool) {
	if l.st.finished() {
		return 0, false
	}
	l.mu.Lock()
	err := l.err
	l.mu.Unlock()
	if err == nil {
		err = errEnded
	}
	if final := l.final(err); final != nil {
		l.st.finish(final)
		return 0, false
	}
	wait, attempt := l.wait(err)
	l.src.log.Debug("stream lost", slog.Any("error", err), slog.Duration("wait", wait))
	l.src.opts.OnState(State{Phase: Lost, Err: err, Retry: time.Now().Add(wait), Attempt: attempt})
	return wait, true
}

// final returns what the stream ends with, or nil if it is to go on.
func (l *link) final(err error) error {
	var status *StatusError
	var other *notStreamError
	switch {
	case errors.As(err, &other), errors.Is(err, sse.ErrTooLong), errors.As(err, &status) && status.permanent():
		return err
	case !l.st.accepted() && errors.Is(err, event.ErrUnavailable):
		return err
	case !l.st.accepted():
		return &connectError{server: l.src.base.String(), cause: err}
	case l.src.opts.NoReconnect:
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

func (l *link) wait(err error) (wait time.Duration, attempt int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var status *StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		l.pause.exactly(status.RetryAfter)
	}
	wait = l.pause.next()
	return wait, l.pause.attempt
}
