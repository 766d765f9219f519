package client

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
)

// Subscribe implements event.Source. It returns when the server has answered,
// so that a gap, an unknown agent or a server that is not there are errors
// here; a connection that is lost later is the stream's own business.
//
// A stream asks the server for what is behind req.After. Without a cursor and
// without a time it asks for what happened since the beginning of time, which
// is everything retained. Since, Until and Filter are applied again to what
// comes, so they hold whatever the server makes of them.
//
// A stream that gets a *event.GapError has ended: take a Snapshot, or go on
// from the gap's Oldest, and subscribe again. A stream that does not follow
// may, if its connection is lost on the way, end somewhat later than the event
// that was newest at Subscribe.
func (s *Source) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	if req.Agent.IsZero() && !req.Operator {
		return nil, event.ErrForbidden
	}
	// ctx bounds Subscribe only.
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	st := newStream(s, req, cancel)
	if !s.add(st) {
		cancel()
		return nil, event.ErrClosed
	}
	l := newLink(s, st, s.streamURL(req))
	go func() {
		defer close(st.done)
		l.run(alive)
	}()
	select {
	case <-st.begun:
	case <-ctx.Done():
		_ = st.Close()
		return nil, ctx.Err()
	}
	if err := st.failedAtOnce(); err != nil {
		_ = st.Close()
		return nil, err
	}
	return st, nil
}

// streamURL is the address of a stream. The cursor travels in a header.
func (s *Source) streamURL(req event.Request) string {
	return s.url("/api/stream", streamQuery(req))
}

// streamQuery are the parameters of a stream.
func streamQuery(req event.Request) url.Values {
	q := agentQuery(req.Agent, req.Operator)
	if agents := req.Agents(); len(agents) > 1 {
		for _, a := range agents[1:] {
			q.Add("also", a.String())
		}
	}
	if req.Audience {
		q.Set("audience", "true")
	}
	if len(req.Filter.Types) > 0 {
		q.Set("types", strings.Join(req.Filter.Types, ","))
	}
	if len(req.Filter.Channels) > 0 && !slices.ContainsFunc(req.Filter.Channels, unlistable) {
		q.Set("channels", strings.Join(req.Filter.Channels, ","))
	}
	if req.After.IsZero() {
		since := req.Since
		if since.IsZero() {
			since = time.Unix(0, 0)
		}
		q.Set("since", since.UTC().Format(time.RFC3339Nano))
	}
	if !req.Follow {
		q.Set("follow", "false")
	}
	return q
}

// unlistable reports whether a channel id would not survive a list separated
// by commas. Agents' names are free text of the host, and ids contain them.
func unlistable(channel string) bool {
	return channel == "" || strings.Contains(channel, ",") || strings.TrimSpace(channel) != channel
}
