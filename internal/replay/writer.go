package replay

import (
	"encoding/json"
	"fmt"
	"io"

	"cslack-stream/internal/engine/event"
)

// Writer writes a recording. Each call writes whole lines in one write, so
// that a recording is readable whatever happens to whoever makes it. It is not
// safe for concurrent use; after an error every call returns it again.
type Writer struct {
	out    io.Writer
	header Header
	named  bool // the header is written
	cursor event.Cursor
	events int64
	buf    []byte
	err    error
}

// NewWriter returns a writer that has written nothing yet: the header comes
// with the first line behind it, which says the epoch.
func NewWriter(out io.Writer, h Header) *Writer { return &Writer{out: out, header: h} }

// Events writes events as they were delivered.
func (w *Writer) Events(events []*event.Event) error {
	if len(events) == 0 {
		return w.err
	}
	first := events[0].Cursor
	first.Offset--
	b := w.begin(first)
	everybody := len(w.header.View) != 1
	for _, e := range events {
		b = appendEvent(b, e, everybody)
	}
	w.events += int64(len(events))
	w.cursor = events[len(events)-1].Cursor
	return w.write(b)
}

// Gap writes that events are missing here.
func (w *Writer) Gap(g *event.GapError) error {
	line, err := json.Marshal(gapLine{Type: event.StreamGap, Data: gapOf(g)})
	if err != nil {
		return fmt.Errorf("encode gap: %w", err)
	}
	b := append(w.begin(g.Oldest), line...)
	w.cursor = g.Oldest
	return w.write(append(b, '\n'))
}

// Finish writes the last line. cursor is how far the stream was read; the zero
// Cursor means up to the last event.
func (w *Writer) Finish(cursor event.Cursor) error {
	var last end
	last.Type = typeEnd
	last.Data.Cursor, last.Data.Events = cursor, w.events
	if cursor.IsZero() {
		last.Data.Cursor = w.cursor
	}
	line, err := json.Marshal(last)
	if err != nil {
		return fmt.Errorf("encode end of recording: %w", err)
	}
	b := append(w.begin(last.Data.Cursor), line...)
	return w.write(append(b, '\n'))
}

// begin returns the buffer to append lines to, with the header in it if that
// is not written yet. What is recorded first lies behind the cursor first.
func (w *Writer) begin(first event.Cursor) []byte {
	b := w.buf[:0]
	if w.named || w.err != nil {
		return b
	}
	w.named = true
	w.header.Epoch = first.Epoch
	if w.header.Range.After.IsZero() {
		w.header.Range.After = first
	}
	b, w.err = w.header.Append(b)
	return b
}

func (w *Writer) write(b []byte) error {
	if w.err == nil {
		if _, err := w.out.Write(b); err != nil {
			w.err = fmt.Errorf("write recording: %w", err)
		}
	}
	const keep = 1 << 20 // a huge event need not be remembered
	if w.buf = b; cap(b) > keep {
		w.buf = nil
	}
	return w.err
}

// appendEvent appends the line of an event: its wire form, and as its last
// member who could see it, if that is recorded and known.
func appendEvent(b []byte, e *event.Event, everybody bool) []byte {
	if !everybody || e.Audience == nil {
		return append(append(b, e.Wire...), '\n')
	}
	b = append(b, e.Wire[:len(e.Wire)-1]...)
	b = append(b, audienceMember...)
	for i, a := range e.Audience.Agents() {
		if i > 0 {
			b = append(b, ',')
		}
		name, _ := json.Marshal(a.String()) // a string always can be
		b = append(b, name...)
	}
	return append(b, "]}\n"...)
}

// audienceMember begins the member that says who could see an event.
const audienceMember = `,"audience":[`

// gapLine is a gap as it is in streams.
type gapLine struct {
	Type event.Type `json:"type"`
	Data gapData    `json:"data"`
}

type gapData struct {
	Reason    event.GapReason `json:"reason"`
	Requested event.Cursor    `json:"requested"`
	Oldest    event.Cursor    `json:"oldest"`
	Count     *int64          `json:"count"`
}

func gapOf(g *event.GapError) gapData {
	d := gapData{Reason: g.Reason, Requested: g.Requested, Oldest: g.Oldest}
	if g.Count >= 0 {
		d.Count = &g.Count
	}
	return d
}

func (d gapData) error() *event.GapError {
	g := &event.GapError{Reason: d.Reason, Requested: d.Requested, Oldest: d.Oldest, Count: -1}
	if d.Count != nil {
		g.Count = *d.Count
	}
	return g
}
