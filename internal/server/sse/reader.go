package sse

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// DefaultMaxFrame bounds a frame if ReaderOptions do not.
const DefaultMaxFrame = 1 << 20

// ErrTooLong means that a line, or the data of one frame, is longer than the
// reader was told to take.
var ErrTooLong = errors.New("event stream: frame too long")

// Frame is one block of an event stream.
type Frame struct {
	// ID is the last event id of the stream as of this frame: a frame without
	// an id of its own has that of the frame before.
	ID string
	// Event is the event field; cslack-stream never sends one.
	Event string
	// Data is nil in a heartbeat. The caller may keep it.
	Data []byte
}

// ReaderOptions say how a Reader reads. The zero value is useful.
type ReaderOptions struct {
	// MaxFrame is the most bytes that a line, or the data of one frame, may
	// have; DefaultMaxFrame if it is 0.
	MaxFrame int
	// Heartbeats makes Next return frames without data too, if they hold an id
	// or a comment. Browsers do not see them.
	Heartbeats bool
}

// Reader reads an event stream by the rules of the standard: lines end with
// LF, CR or CRLF, a leading byte order mark is skipped, ids with NUL and
// retry fields that are not digits are ignored. It is not safe for concurrent
// use.
type Reader struct {
	src      *bufio.Reader
	opts     ReaderOptions
	line     []byte
	skipLF   bool // the last line ended with CR: an LF now belongs to it
	started  bool
	lastID   string
	retry    time.Duration
	hasRetry bool
}

// NewReader returns a Reader of src.
func NewReader(src io.Reader, opts ReaderOptions) *Reader {
	if opts.MaxFrame <= 0 {
		opts.MaxFrame = DefaultMaxFrame
	}
	return &Reader{src: bufio.NewReader(src), opts: opts}
}

// LastID returns the last event id, also if it came in a frame without data.
func (r *Reader) LastID() string { return r.lastID }

// Retry returns the newest retry field, and whether there was one.
func (r *Reader) Retry() (time.Duration, bool) { return r.retry, r.hasRetry }

// Next returns the next whole frame. At the end of the stream it returns
// io.EOF, or io.ErrUnexpectedEOF if the end cut a frame, which is dropped. It
// returns ErrTooLong for a frame beyond the limit; the reader can not go on
// after that. Other errors are those of the source.
func (r *Reader) Next() (Frame, error) {
	var b block
	for {
		line, err := r.readLine()
		if err != nil {
			if errors.Is(err, io.EOF) && (b.lines > 0 || len(line) > 0) {
				err = io.ErrUnexpectedEOF
			}
			return Frame{}, err
		}
		if len(line) > 0 {
			if err := b.add(line, r.opts.MaxFrame); err != nil {
				return Frame{}, err
			}
			continue
		}
		r.finish(&b)
		if b.data != nil || (r.opts.Heartbeats && b.beat) {
			return Frame{ID: r.lastID, Event: b.event, Data: trimLF(b.data)}, nil
		}
		b = block{}
	}
}

// finish takes over what a block says about the stream. An id counts only
// here: that of a block cut off would skip the event it belongs to.
func (r *Reader) finish(b *block) {
	if b.hasID {
		r.lastID = b.id
	}
	if b.hasRetry {
		r.retry, r.hasRetry = b.retry, true
	}
}

// readLine returns the next line without its end. With an error it returns
// what there was of the line. It never waits for the byte behind a CR, or a
// stream with CR line ends would be one frame late.
func (r *Reader) readLine() ([]byte, error) {
	r.line = r.line[:0]
	for {
		if _, err := r.src.Peek(1); err != nil {
			return r.line, err
		}
		buf, _ := r.src.Peek(r.src.Buffered())
		if r.skipLF {
			r.skipLF = false
			if buf[0] == '\n' {
				_, _ = r.src.Discard(1)
				continue
			}
		}
		i := lineBreak(buf)
		ended := i >= 0
		if !ended {
			i = len(buf)
		}
		if len(r.line)+i > r.opts.MaxFrame {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrTooLong, r.opts.MaxFrame)
		}
		r.line = append(r.line, buf[:i]...)
		if ended {
			r.skipLF = buf[i] == '\r'
			i++
		}
		_, _ = r.src.Discard(i)
		if ended {
			return r.first(r.line), nil
		}
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (r *Reader) first(line []byte) []byte {
	if r.started {
		return line
	}
	r.started = true
	return bytes.TrimPrefix(line, byteOrderMark)
}

// block collects the fields of one frame.
type block struct {
	lines    int
	id       string
	hasID    bool
	beat     bool // holds an id or a comment
	event    string
	data     []byte // each line followed by LF
	retry    time.Duration
	hasRetry bool
}

func (b *block) add(line []byte, limit int) error {
	b.lines++
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "":
		b.beat = true
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			b.id, b.hasID, b.beat = string(value), true, true
		}
	case "event":
		b.event = string(value)
	case "data":
		if len(b.data)+len(value) > limit {
			return fmt.Errorf("%w: data of more than %d bytes", ErrTooLong, limit)
		}
		b.data = append(append(b.data, value...), '\n')
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			b.retry, b.hasRetry = time.Duration(ms)*time.Millisecond, true
		}
	}
	return nil
}

func trimLF(data []byte) []byte {
	if len(data) == 0 {
		return nil
	}
	return data[:len(data)-1]
}
