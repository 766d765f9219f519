package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"cslack-stream/internal/engine/event"
)

// What can be wrong with a recording. The error that is returned is a
// *LineError around one of these, or around what makes a line unreadable.
var (
	// ErrForeign means that a file is no recording at all.
	ErrForeign = errors.New("not a recording: want the header line that --record writes")
	// ErrVersion means that another version of this program made it.
	ErrVersion = errors.New("the recording has version")
	// ErrCutOff means that the end is missing: whoever recorded was killed, is
	// still at it, or the file was copied in part. Everything before can be
	// read.
	ErrCutOff = errors.New("the recording ends here without its last line: it was cut off, or is still being written")
)

// LineError says which line of a recording is wrong.
type LineError struct {
	Path string
	Line int64
	Err  error
}

// Error names the file and the line.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// maxLine bounds a line: the largest message that the host takes, written
// twice (what was and what is) in the longest escapes, and an audience.
const maxLine = 16 << 20

// entry is one line behind the header; exactly one of its fields is set.
type entry struct {
	event *event.Event
	gap   *event.GapError
	end   *end
}

// reader reads the lines of a recording and checks that they follow from each
// other.
type reader struct {
	path   string
	in     *bufio.Reader
	line   int64 // the line that was read last
	roster *audiences

	at     event.Cursor // behind the last event
	epochs []string     // all so far; the last is the current one
	events int64
	long   []byte // a line that is longer than the buffer
}

func newReader(path string, in io.Reader, roster *audiences) *reader {
	return &reader{path: path, in: bufio.NewReaderSize(in, 64<<10), roster: roster}
}

// fail says what is wrong with the line that was read last.
func (r *reader) fail(err error) error { return &LineError{Path: r.path, Line: r.line, Err: err} }

// next returns the next line without its line feed; it is valid until the next
// call. A line without line feed is cut off.
func (r *reader) next() ([]byte, error) {
	r.line++
	r.long = r.long[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case err == nil && len(r.long) == 0:
			return part[:len(part)-1], nil
		case err == nil:
			r.long = append(r.long, part...)
			return r.long[:len(r.long)-1], nil
		case errors.Is(err, io.EOF):
			return nil, r.fail(ErrCutOff)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("read %s: %w", r.path, err)
		case len(r.long)+len(part) > maxLine:
			return nil, r.fail(fmt.Errorf("the line is longer than %d bytes", maxLine))
		}
		r.long = append(r.long, part...)
	}
}

// header reads the first line.
func (r *reader) header() (Header, error) {
	line, err := r.next()
	switch {
	case errors.Is(err, ErrCutOff):
		// Not even one line: nothing tells what this is.
		return Header{}, r.fail(ErrForeign)
	case err != nil:
		return Header{}, err
	}
	h, err := ParseHeader(line)
	if err != nil {
		return Header{}, r.fail(err)
	}
	r.at = h.Range.After
	return h, nil
}

// entry reads the next line behind the header. It returns io.EOF behind the
// last one.
func (r *reader) entry() (entry, error) {
	line, err := r.next()
	if err != nil {
		return entry{}, err
	}
	e, err := r.parse(line)
	if err != nil {
		return entry{}, r.fail(err)
	}
	return e, nil
}

func (r *reader) parse(line []byte) (entry, error) {
	switch kindOf(line) {
	case event.StreamGap:
		var g gapLine
		if err := json.Unmarshal(line, &g); err != nil {
			return entry{}, fmt.Errorf("read gap: %w", err)
		}
		r.at = g.Data.Oldest
		r.enter(r.at.Epoch)
		return entry{gap: g.Data.error()}, nil
	case typeEnd:
		return r.parseEnd(line)
	case event.StreamLive, event.StreamBye, event.StreamInitial:
		return entry{}, nil // says nothing about events
	}
	e, err := r.parseEvent(line)
	if err != nil {
		return entry{}, err
	}
	return entry{event: e}, r.follow(e.Cursor)
}

func (r *reader) parseEnd(line []byte) (entry, error) {
	var last end
	if err := json.Unmarshal(line, &last); err != nil {
		return entry{}, fmt.Errorf("read end of recording: %w", err)
	}
	if last.Data.Events != r.events {
		return entry{}, fmt.Errorf("the recording had %d events and has %d: lines were removed or added", last.Data.Events, r.events)
	}
	if _, err := r.in.ReadByte(); err == nil {
		return entry{}, errors.New("something follows the recording's last line: record into a file of its own")
	}
	return entry{end: &last}, nil
}

func (r *reader) parseEvent(line []byte) (*event.Event, error) {
	// The event keeps its bytes, the line's are used again.
	wire, audience, err := r.roster.split(bytes.Clone(line))
	if err != nil {
		return nil, err
	}
	e, err := event.Decode(wire)
	if err != nil {
		return nil, fmt.Errorf("not an event: %w", err)
	}
	if e.Cursor.IsZero() || e.Type == "" {
		return nil, errors.New("not an event: want an object with type and id")
	}
	e.Audience = audience
	return e, nil
}

// follow checks that an event comes behind the one before it.
func (r *reader) follow(c event.Cursor) error {
	if c.Epoch == r.at.Epoch && c.Offset <= r.at.Offset {
		return fmt.Errorf("event %s is not behind %s: lines were moved or repeated", c, r.at)
	}
	if c.Epoch != r.at.Epoch && slices.Contains(r.epochs, c.Epoch) {
		return fmt.Errorf("event %s is of an epoch that was left before: lines were moved or repeated", c)
	}
	r.at = c
	r.enter(c.Epoch)
	r.events++
	return nil
}

func (r *reader) enter(epoch string) {
	if n := len(r.epochs); n == 0 || r.epochs[n-1] != epoch {
		r.epochs = append(r.epochs, epoch)
	}
}

// kindOf returns the type of a line as our own writer writes it: the first
// member. What it does not find there an event's decoder will.
func kindOf(line []byte) event.Type {
	const begin = `{"type":"`
	if !bytes.HasPrefix(line, []byte(begin)) {
		return ""
	}
	t, _, ok := bytes.Cut(line[len(begin):], []byte{'"'})
	if !ok {
		return ""
	}
	return event.Type(t)
}
