package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"cslack-stream/internal/server/sse"
)

// silence is how many heartbeats may be missing.
const silence = 3

var errSilent = errors.New("the server has been silent for three heartbeats")

// errEnded is a connection that ended without a reason given. It must not be
// io.EOF: the library takes that for the end of everything.
var errEnded = errors.New("the server closed the connection")

// connector makes the connections of a link: it resumes where the stream is,
// checks what answers, and hands on only whole frames.
type connector struct {
	link *link
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *connector) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cut := context.WithCancelCause(req.Context())
	c.link.connecting(cut)
	req = req.Clone(ctx)
	// Our place counts, not the library's: it does not know of the events that
	// were dropped, and takes ids of frames that it could not use.
	req.Header.Del("Last-Event-ID")
	if at := c.link.st.place(); !at.IsZero() {
		req.Header.Set("Last-Event-ID", at.String())
	}
	c.link.src.authorize(req.Header)

	idle := time.AfterFunc(silence*c.link.src.opts.Heartbeat, func() { cut(errSilent) })
	resp, err := c.next.RoundTrip(req)
	idle.Stop()
	if err == nil {
		err = check(resp)
	}
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cut(nil)
		c.link.failed(err)
		return nil, err
	}
	resp.Body = newBody(ctx, c.link, resp.Body, idle, cut)
	return resp, nil
}

// check returns why an answer is no event stream, or nil.
func check(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return statusError(resp)
	}
	ct := resp.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(ct); err != nil || media != sse.ContentType {
		return &notStreamError{ct}
	}
	return nil
}

// body gives the library frames one by one, each written anew: so it gets
// none that was cut, whatever line ends, byte order marks and odd ids the
// stream has.
type body struct {
	why    func() error // why the request was ended, or nil
	link   *link
	src    io.Closer
	frames *sse.Reader
	idle   *time.Timer
	cut    context.CancelCauseFunc
	buf    []byte
	rest   []byte // of buf, not yet read
}

func newBody(ctx context.Context, l *link, src io.ReadCloser, idle *time.Timer, cut context.CancelCauseFunc) *body {
	timed := &timedReader{src: src, timer: idle, limit: silence * l.src.opts.Heartbeat, heard: l.st.hear}
	opts := sse.ReaderOptions{MaxFrame: l.src.opts.MaxFrame, Heartbeats: true}
	why := func() error { return context.Cause(ctx) }
	return &body{why: why, link: l, src: src, frames: sse.NewReader(timed, opts), idle: idle, cut: cut}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		f, err := b.frames.Next()
		if d, ok := b.frames.Retry(); ok {
			b.link.setRetry(d)
		}
		if err != nil {
			err = b.cause(err)
			b.link.failed(err)
			return 0, err
		}
		b.buf = appendForLibrary(b.buf[:0], f)
		b.rest = b.buf
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// appendForLibrary writes a frame so that the library delivers it. It drops a
// comment, but not a frame with nothing but an event name.
func appendForLibrary(dst []byte, f sse.Frame) []byte {
	switch {
	case f.Data != nil:
		return sse.AppendFrame(dst, f.ID, f.Data)
	case sse.ValidID(f.ID):
		return sse.AppendHeartbeat(dst, f.ID)
	default:
		return append(dst, "event: heartbeat\n\n"...)
	}
}

// cause finds out why reading failed. Its error is never one that the library
// takes for a good end.
func (b *body) cause(err error) error {
	if why := b.why(); why != nil {
		err = why
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEnded
	}
	return fmt.Errorf("read stream: %w", err)
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.idle.Stop()
	b.cut(nil)
	return b.src.Close()
}

// timedReader runs a timer while it waits for bytes, and only then: a reader
// who takes its time is no fault of the server. It tells of all that comes.
type timedReader struct {
	src   io.Reader
	timer *time.Timer
	limit time.Duration
	heard func()
}

func (r *timedReader) Read(p []byte) (int, error) {
	r.timer.Reset(r.limit)
	defer r.timer.Stop()
	n, err := r.src.Read(p)
	if n > 0 {
		r.heard()
	}
	return n, err
}
