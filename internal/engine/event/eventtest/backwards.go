package eventtest

import (
	"context"
	"slices"

	"cslack-stream/internal/engine/event"
)

var _ event.Backwards = (*Source)(nil)

// Last implements event.Backwards.
func (s *Source) Last(ctx context.Context, req event.Request, n int) (event.Cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := event.Cursor{Epoch: s.epoch, Offset: s.latest}
	if n <= 0 {
		return at, ctx.Err()
	}
	found := s.before(req, at, n)
	if at.Offset = s.trimmed(); len(found) == n {
		at.Offset = found[0].Cursor.Offset - 1
	}
	return at, ctx.Err()
}

// Before implements event.Backwards.
func (s *Source) Before(ctx context.Context, req event.Request, at event.Cursor, n int) ([]*event.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.IsZero() {
		at = event.Cursor{Epoch: s.epoch, Offset: s.latest}
	}
	gap := s.gap(at)
	switch {
	case s.err != nil:
		return nil, s.err
	case req.Agent.IsZero() && !req.Operator:
		return nil, event.ErrForbidden
	case gap != nil && gap.Reason != event.GapTrimmed:
		return nil, gap
	}
	return s.before(req, at, n), ctx.Err()
}

func (s *Source) before(req event.Request, at event.Cursor, n int) []*event.Event {
	st := &stream{req: req}
	var out []*event.Event
	for _, e := range slices.Backward(s.log) {
		if len(out) == n {
			break
		}
		if e.Cursor.Offset <= at.Offset && st.wants(e) {
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}
