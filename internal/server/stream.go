package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/sse"
)

const (
	// reconnect is how long a reader waits after a connection broke.
	reconnect = time.Second
	// liveLook is how often a stream that has not caught up asks whether it
	// has: a source may learn that while Next waits for the next event.
	liveLook = 100 * time.Millisecond
	// farewell bounds the last write to a reader.
	farewell = 500 * time.Millisecond
	// snapshotTries bounds how often a snapshot whose cursor is trimmed before
	// it could be subscribed to is taken again.
	snapshotTries = 3
)

// serveStream is GET /api/stream.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	q, err := s.parseStream(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	rd := newReader(q.String(), end)
	if !s.readers.add(rd) {
		s.refuse(w, r, errStopping)
		return
	}
	defer s.readers.remove(rd)
	d := s.newDelivery(w, q, rd)
	defer d.close()
	if err := d.open(ctx); err != nil {
		s.refuse(w, r, cause(ctx, err))
		return
	}
	log := s.log.With(slog.String("reader", rd.name), slog.String("peer", r.RemoteAddr))
	log.DebugContext(ctx, "stream opened", slog.String("after", q.after.String()))
	err = cause(ctx, d.run(ctx, w, s.opts.Heartbeat))
	d.sayBye(err)
	log.LogAttrs(ctx, endLevel(err), "stream ended", slog.String("cursor", d.stream.Cursor().String()), slog.Any("cause", err))
}

// cause says why a context ended if that is what err is about.
func cause(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// endLevel: readers come and go, and who does not read is cut; only the rest
// is news.
func endLevel(err error) slog.Level {
	for _, usual := range []error{nil, io.EOF, context.Canceled, errStopping, errWrite, event.ErrClosed} {
		if errors.Is(err, usual) {
			return slog.LevelDebug
		}
	}
	return slog.LevelError
}

// refuse answers a request for a stream that can not be opened. A native
// EventSource never comes back after an error status, so what passes is told
// to browsers as a stream that ends with a time to retry.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	reason := byeLimit
	if errors.Is(err, errStopping) {
		reason = byeShutdown
		err = unavailable("the server is stopping: connect again in a moment", err)
	}
	browser := r.Header.Get("Sec-Fetch-Mode") != "" && strings.Contains(r.Header.Get("Accept"), sse.ContentType)
	if asAPIError(err).status != http.StatusServiceUnavailable || !browser {
		s.fail(w, r, err)
		return
	}
	streamHeaders(w)
	retry := jitter()
	_, _ = w.Write(sse.AppendFrame(sse.AppendRetry(nil, retry), "", byeFrame(reason, retry)))
}

func streamHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", sse.ContentType)
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
}

// delivery carries one stream from the source to one reader.
type delivery struct {
	source event.Source
	query  query
	reader *reader
	out    batch
	stream event.Stream // nil until open
	live   bool         // stream.live has been sent
}

func (s *Server) newDelivery(w http.ResponseWriter, q query, rd *reader) *delivery {
	return &delivery{
		source: s.opts.Source, query: q, reader: rd,
		out: batch{
			w: w, ctl: http.NewResponseController(w), pool: &s.buffers,
			limit: s.opts.BatchBytes, timeout: time.Duration(s.writeTimeout.Load()),
			audiences: newAudiences(q.request(event.Cursor{})),
		},
	}
}

func (d *delivery) close() {
	d.out.release()
	if d.stream != nil {
		_ = d.stream.Close()
	}
}

// open subscribes and collects what the stream starts with. Nothing is
// written yet, so an error can still be answered with its status.
func (d *delivery) open(ctx context.Context) error {
	d.out.retry(reconnect)
	if d.query.past.asked() && d.query.after.IsZero() {
		return d.openPast(ctx)
	}
	if d.query.initial {
		return d.restart(ctx)
	}
	stream, err := d.source.Subscribe(ctx, d.query.request(d.query.after))
	gap := asGap(err)
	if gap != nil && gap.Reason == event.GapTrimmed && d.query.after.Offset == 0 {
		// epoch-0 asks for everything retained: nothing that was ever seen is
		// missing behind it.
		stream, err = d.source.Subscribe(ctx, d.query.request(event.Cursor{}))
		gap = asGap(err)
	}
	switch {
	case gap != nil:
		return d.gap(ctx, gap)
	case err != nil:
		return fmt.Errorf("subscribe: %w", err)
	}
	d.stream = stream
	return nil
}

// gap tells the reader what it misses and starts it again from a snapshot.
// The frame has no id: who loses the connection now must ask again with the
// old cursor, and is told again.
func (d *delivery) gap(ctx context.Context, gap *event.GapError) error {
	d.out.frame(event.Cursor{}, gapFrame(gap))
	return d.restart(ctx)
}

// restart takes a snapshot and continues it.
func (d *delivery) restart(ctx context.Context) error {
	if d.stream != nil {
		_ = d.stream.Close()
	}
	for range snapshotTries {
		snap, err := d.source.Snapshot(ctx, d.query.agent)
		if err != nil {
			return fmt.Errorf("take snapshot: %w", err)
		}
		stream, err := d.source.Subscribe(ctx, d.query.request(snap.Cursor))
		if asGap(err) != nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		d.stream = stream
		frame, err := initialFrame(snap, time.Now())
		if err != nil {
			return err
		}
		d.out.frame(snap.Cursor, frame)
		return nil
	}
	return fmt.Errorf("continue snapshot: trimmed %d times: %w", snapshotTries, event.ErrUnavailable)
}

// run writes the stream until it ends, and returns why.
func (d *delivery) run(ctx context.Context, w http.ResponseWriter, heartbeat time.Duration) error {
	// The server's WriteTimeout is for answers that end; a batch sets its own
	// deadline.
	_ = d.out.ctl.SetWriteDeadline(time.Time{})
	streamHeaders(w)
	for {
		d.out.heartbeat(d.stream.Cursor())
		if err := d.send(nil); err != nil {
			return err
		}
		beat, cancel := context.WithTimeout(ctx, heartbeat)
		err := d.deliver(ctx, beat)
		cancel()
		if err != nil {
			return err
		}
	}
}

// deliver sends events until beat is done, and returns nil then.
func (d *delivery) deliver(ctx, beat context.Context) error {
	for {
		events, err := d.next(beat)
		gap := asGap(err)
		switch {
		case gap != nil:
			err = d.gap(ctx, gap)
		case err != nil && beat.Err() != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			return nil
		case errors.Is(err, io.EOF) && !d.query.follow:
			d.out.frame(d.stream.Cursor(), liveFrame())
			if err := d.out.flush(); err != nil {
				return wrote(err)
			}
		}
		if err != nil {
			return err
		}
		if err := d.send(events); err != nil {
			return err
		}
	}
}

// next returns the next events, or none if it is time to look whether the
// stream is live.
func (d *delivery) next(beat context.Context) ([]*event.Event, error) {
	if d.live || !d.query.follow {
		return d.stream.Next(beat)
	}
	look, cancel := context.WithTimeout(beat, liveLook)
	defer cancel()
	events, err := d.stream.Next(look)
	if errors.Is(err, context.DeadlineExceeded) && beat.Err() == nil && look.Err() != nil {
		return nil, nil
	}
	return events, err
}

// send writes events, and that the stream is live when it has become so, in
// as few writes as the size of a batch allows.
func (d *delivery) send(events []*event.Event) error {
	for _, e := range events {
		if err := d.out.event(e); err != nil {
			return wrote(err)
		}
	}
	if !d.live && d.query.follow && d.stream.Live() {
		d.live = true
		d.out.frame(d.stream.Cursor(), liveFrame())
	}
	if err := d.out.flush(); err != nil {
		return wrote(err)
	}
	d.reader.moved(d.stream.Cursor())
	return nil
}

// errWrite means that the reader could not be written to.
var errWrite = errors.New("reader is gone or does not read")

func wrote(err error) error { return fmt.Errorf("%w: %w", errWrite, err) }

// sayBye tells the reader why the stream ends, if it ends on purpose and the
// reader is still there.
func (d *delivery) sayBye(err error) {
	var reason byeReason
	switch {
	case errors.Is(err, errWrite):
		return
	case errors.Is(err, errStopping), errors.Is(err, event.ErrClosed), errors.Is(err, io.EOF) && d.query.follow:
		reason = byeShutdown
	case errors.Is(err, event.ErrForbidden), errors.Is(err, event.ErrNotFound):
		reason = byeRevoked
	default:
		return
	}
	retry := jitter()
	d.out.timeout = min(d.out.timeout, farewell)
	d.out.retry(retry)
	d.out.frame(d.stream.Cursor(), byeFrame(reason, retry))
	_ = d.out.flush()
}

func asGap(err error) *event.GapError {
	gap, _ := errors.AsType[*event.GapError](err)
	return gap
}
