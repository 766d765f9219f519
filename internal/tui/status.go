package tui

import (
	"context"
	"os"
	"sync"
	"time"

	"cslack-stream/internal/tui/statusline"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// StatusOptions say where a Status is shown, and how.
type StatusOptions struct {
	// Out is the terminal that the lines go to.
	Out   *os.File
	Theme view.Theme
	// Location is the reader's time zone; it defaults to time.Local.
	Location *time.Location
	// Now is the clock; it defaults to time.Now.
	Now func() time.Time
}

// Status is the state of a stream in one line, below the lines of it that are
// written to it. It is told what happens by whoever reads the stream; several
// goroutines may do so. A nil *Status hears everything and shows nothing.
type Status struct {
	o    StatusOptions
	line *statusline.Line

	mu        sync.Mutex
	who, mode string
	conn      connection
	since     time.Time // when the stream became good, or was lost
	meter     meter
	events    int
	gaps      int
}

// NewStatus returns a status that says "connecting".
func NewStatus(o StatusOptions) *Status {
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Status{o: o}
	s.line = statusline.New(statusline.Options{
		Out: o.Out, Size: func() (int, int) { return statusline.Size(o.Out) }, Draw: s.draw,
	})
	return s
}

// Run shows the status until ctx is done.
func (s *Status) Run(ctx context.Context) { s.line.Run(ctx) }

// Write prints whole lines above the status. They are there when it returns.
func (s *Status) Write(lines []byte) (int, error) { return s.line.Write(lines) }

// Attach says whose stream it is, and by which mode it is attached when all
// is well.
func (s *Status) Attach(who, mode string) {
	s.change(func() { s.who, s.mode = text.Line(who), mode })
}

// Live says that the stream follows.
func (s *Status) Live() { s.connect(connection{phase: live}) }

// Lost says that the stream is lost, and when it is tried again for which
// time.
func (s *Status) Lost(retry time.Time, attempt int) {
	s.connect(connection{phase: lost, retry: retry, attempt: attempt})
}

// Retry says that a lost stream is tried again.
func (s *Status) Retry(attempt int) { s.connect(connection{phase: connecting, attempt: attempt}) }

// Gap says that events are missing.
func (s *Status) Gap() { s.change(func() { s.gaps++ }) }

// Count counts an event whose line is about to be written. One from before the
// stream followed, or came back, is past, and says nothing about how much happens now.
func (s *Status) Count(created time.Time, past bool) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events++
	if !past && s.conn.phase == live {
		s.meter.add(created, s.o.Now())
	}
}

func (s *Status) connect(c connection) {
	s.change(func() {
		if !s.conn.goesOn(c) && c.phase != s.conn.phase {
			s.since = s.o.Now()
		}
		s.conn = c
	})
}

// change changes what is said, and says it.
func (s *Status) change(do func()) {
	if s == nil {
		return
	}
	s.mu.Lock()
	do()
	s.mu.Unlock()
	s.line.Refresh()
}

// draw is the status as it is now.
func (s *Status) draw(width int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	s.meter.advance(now)
	out := view.Status{Who: s.who, Rate: s.meter.rate(), Events: plural(s.events, "event"), Hint: "ctrl-c stops"}
	out.State, out.Word = s.conn.words(s.mode, s.since.In(s.o.Location), now)
	if s.conn.phase == live {
		out.Latency = s.meter.latency(false)
	}
	if s.gaps > 0 {
		out.Gaps = plural(s.gaps, "gap")
	}
	return out.Line(s.o.Theme, width)
}
