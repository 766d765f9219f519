package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/sse"
)

var _ event.Backwards = (*Source)(nil)

// Last implements event.Backwards. The first frame of every stream says where
// it begins. A server that is too old to look back says where now is.
func (s *Source) Last(ctx context.Context, req event.Request, n int) (event.Cursor, error) {
	at, err := event.Cursor{}, io.EOF
	if err := s.look(ctx, req, url.Values{"last": {strconv.Itoa(max(0, n))}}, func(f sse.Frame) bool {
		at, err = event.ParseCursor(f.ID)
		return f.ID == ""
	}); err != nil {
		return event.Cursor{}, err
	}
	if err != nil {
		return event.Cursor{}, fmt.Errorf("read where the stream of %s begins: %w", s.base, err)
	}
	return at, nil
}

// Before implements event.Backwards.
func (s *Source) Before(ctx context.Context, req event.Request, at event.Cursor, n int) ([]*event.Event, error) {
	q := url.Values{"last": {strconv.Itoa(max(0, n))}}
	if !at.IsZero() {
		q.Set("before", at.String())
	}
	var events []*event.Event
	err := event.ErrUnavailable // until it has ended as it should
	if failed := s.look(ctx, req, q, func(f sse.Frame) bool {
		if f.Data == nil {
			return true
		}
		e, bad := event.Decode(f.Data)
		switch {
		case bad != nil:
			err = bad
		case e.Type == event.StreamLive:
			err = nil
		case e.Type == event.StreamGap:
			err = gapOf(e)
		case e.Type == event.StreamInitial:
			err = fmt.Errorf("look back: the server at %s is too old for it: %w", s.base, event.ErrUnsupported)
		case e.Cursor.IsZero():
			return true // a control frame of a newer server
		case !wants(req, e):
			return true
		default:
			events = append(events, e)
			return true
		}
		return false
	}); failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, err
	}
	return events[max(0, len(events)-max(0, n)):], nil // more may have come since the server looked
}

// look gives visit the frames of a stream that ends, until it has enough.
func (s *Source) look(ctx context.Context, req event.Request, more url.Values, visit func(sse.Frame) bool) error {
	if req.Agent.IsZero() && !req.Operator {
		return event.ErrForbidden
	}
	req.After, req.Follow = event.Cursor{}, false
	q := streamQuery(req)
	if req.Since.IsZero() {
		q.Del("since")
	}
	maps.Copy(q, more)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the connection if there is more than we want
	hr, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url("/api/stream", q), nil)
	if err != nil {
		return err
	}
	s.authorize(hr.Header)
	resp, err := s.http.Do(hr)
	if err != nil {
		return s.noAnswer(ctx, err)
	}
	defer resp.Body.Close()
	if err := check(resp); err != nil {
		return err
	}
	frames := sse.NewReader(resp.Body, sse.ReaderOptions{MaxFrame: s.opts.MaxFrame, Heartbeats: true})
	for {
		f, err := frames.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return s.noAnswer(ctx, err)
		}
		if !visit(f) {
			return nil
		}
	}
}
