package server

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/sse"
)

// batch collects the frames that are ready for one reader and writes them
// together. Its buffer is borrowed from the pool from the first frame to the
// write, so that ten thousand idle streams hold none.
type batch struct {
	w       http.ResponseWriter
	ctl     *http.ResponseController
	pool    *sync.Pool
	limit   int           // bytes of one write
	timeout time.Duration // for the reader to take one write
	buf     *[]byte
	id      [64 + 24]byte // room for a cursor
	// audiences says who may see each event; nil if nobody asked.
	audiences *audiences
}

// event adds an event. If the batch is full, what it holds is written first.
func (b *batch) event(e *event.Event) error {
	if buf := b.bytes(); len(*buf) > 0 && len(*buf)+len(e.Wire) > b.limit {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.frame(e.Cursor, e.Wire)
	if b.audiences != nil {
		b.audience(e)
	}
	return nil
}

// audience adds who may see e to its frame, which was just added.
func (b *batch) audience(e *event.Event) {
	const end = "\n\n"
	if frame, ok := bytes.CutSuffix(*b.buf, []byte("}"+end)); ok {
		*b.buf = append(append(frame, b.audiences.tail(e)...), end...)
	}
}

// frame adds data under a cursor; the zero cursor leaves the reader's place
// as it is.
func (b *batch) frame(at event.Cursor, data []byte) {
	buf := b.bytes()
	id, _ := at.AppendText(b.id[:0])
	*buf = sse.AppendFrame(*buf, string(id), data)
}

func (b *batch) heartbeat(at event.Cursor) {
	buf := b.bytes()
	*buf = sse.AppendHeartbeat(*buf, at.String())
}

func (b *batch) retry(wait time.Duration) {
	buf := b.bytes()
	*buf = sse.AppendRetry(*buf, wait)
}

// flush writes what was collected. A reader that does not take it in time
// gives an error, and the connection is then of no use any more.
func (b *batch) flush() error {
	if b.buf == nil || len(*b.buf) == 0 {
		return nil
	}
	rest := *b.buf
	defer b.release()
	for len(rest) > 0 {
		n := min(len(rest), b.limit)
		if err := b.deadline(time.Now().Add(b.timeout)); err != nil {
			return err
		}
		if _, err := b.w.Write(rest[:n]); err != nil {
			return fmt.Errorf("write frames: %w", err)
		}
		rest = rest[n:]
	}
	if err := b.ctl.Flush(); err != nil {
		return fmt.Errorf("flush frames: %w", err)
	}
	// Once a deadline has passed it can not be moved, so it must not stand
	// while the stream waits for events.
	return b.deadline(time.Time{})
}

func (b *batch) deadline(t time.Time) error {
	if err := b.ctl.SetWriteDeadline(t); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set write deadline: %w", err)
	}
	return nil
}

func (b *batch) bytes() *[]byte {
	if b.buf == nil {
		b.buf = b.pool.Get().(*[]byte)
		*b.buf = (*b.buf)[:0]
	}
	return b.buf
}

// release gives the buffer back, unless a huge frame has made it huge.
func (b *batch) release() {
	if b.buf != nil && cap(*b.buf) <= 4*b.limit {
		b.pool.Put(b.buf)
	}
	b.buf = nil
}
