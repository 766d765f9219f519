package replay

import (
	"context"
	"errors"
	"io"
	"os"

	"cslack-stream/internal/engine/event"
)

const (
	// page and pageBytes bound what one Next returns.
	page      = 256
	pageBytes = 1 << 20
)

// errNoAudience means that an event does not say who could see it, so that
// nobody can be shown their part.
var errNoAudience = errors.New("the recording does not say who could see this event: replay it without --agent")

// stream is one reader's place in a recording.
type stream struct {
	lines *reader
	file  *os.File
	req   event.Request
	whole bool // every event is for this reader

	pending *entry // read, and not looked at
	cursor  event.Cursor
	live    bool
	err     error // final
}

// seek moves behind the cursor, or returns a *event.GapError.
func (s *stream) seek(after, oldest event.Cursor) error {
	at := s.lines.at
	reached := at.Epoch == after.Epoch
	gap := &event.GapError{Reason: event.GapTrimmed, Requested: after, Oldest: oldest, Count: -1}
	if reached && after.Offset != 0 && after.Offset < at.Offset {
		return gap
	}
	for {
		e, err := s.lines.entry()
		if err != nil && !errors.Is(err, ErrCutOff) {
			return err
		}
		if err != nil || e.end != nil {
			if e.end != nil {
				at = e.end.Data.Cursor
			}
			if at.Epoch == after.Epoch && at.Offset >= after.Offset {
				s.pending, s.err, s.cursor = &e, err, after
				return nil
			}
			if gap.Reason = event.GapEpoch; reached {
				gap.Reason = event.GapFuture
			}
			return gap
		}
		switch at = s.lines.at; {
		case at.Epoch == after.Epoch && at.Offset <= after.Offset:
			reached = true
		case at.Epoch == after.Epoch, reached:
			s.pending, s.cursor = &e, after
			return nil
		}
	}
}

// Next implements event.Stream.
func (s *stream) Next(ctx context.Context) ([]*event.Event, error) {
	var out []*event.Event
	for size := 0; s.err == nil && len(out) < page && size < pageBytes; {
		if err := ctx.Err(); err != nil {
			if len(out) > 0 {
				return out, nil
			}
			return nil, err
		}
		e, err := s.take()
		switch {
		case err != nil:
			s.err = err
		case e.gap != nil:
			s.err = e.gap
		case e.end != nil:
			s.cursor, s.live, s.err = e.end.Data.Cursor, true, io.EOF
		case e.event != nil:
			visible, err := s.admits(e.event)
			if err != nil {
				s.err = s.lines.fail(err)
				break
			}
			if s.cursor = e.event.Cursor; visible {
				out = append(out, e.event)
				size += len(e.event.Wire)
			}
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, s.err
}

func (s *stream) take() (entry, error) {
	if p := s.pending; p != nil {
		s.pending = nil
		return *p, nil
	}
	return s.lines.entry()
}

func (s *stream) admits(e *event.Event) (bool, error) {
	switch {
	case s.whole:
	case e.Audience == nil:
		return false, errNoAudience
	case !s.req.Sees(e):
		return false, nil
	}
	if !s.req.Since.IsZero() && e.CreatedAt.Before(s.req.Since) {
		return false, nil
	}
	if !s.req.Until.IsZero() && !e.CreatedAt.Before(s.req.Until) {
		return false, nil
	}
	return s.req.Filter.Match(e), nil
}

// Cursor implements event.Stream.
func (s *stream) Cursor() event.Cursor { return s.cursor }

// Live implements event.Stream.
func (s *stream) Live() bool { return s.live }

// Close implements event.Stream.
func (s *stream) Close() error {
	if !errors.Is(s.err, event.ErrClosed) {
		s.err = event.ErrClosed
		return s.file.Close()
	}
	return nil
}
