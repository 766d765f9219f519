package replay

import (
	"context"
	"errors"
	"io"
	"time"

	"cslack-stream/internal/engine/event"
)

// StateAt folds what source has of the time before at into what agent could
// see then, or an operator for the zero Agent. Where the caller may not read
// everything, it is folded from the agent's own events: then of other members
// only those are known whose joining the agent saw.
func StateAt(ctx context.Context, source event.Source, agent event.Agent, at time.Time) (*State, error) {
	s := NewState(agent, true)
	err := s.read(ctx, source, event.Request{Operator: true, Audience: true, Until: at})
	if errors.Is(err, event.ErrForbidden) && !agent.IsZero() {
		s = NewState(agent, false)
		err = s.read(ctx, source, event.Request{Agent: agent, Until: at})
	}
	return s, err
}

// read takes in everything that req asks for, over gaps.
func (s *State) read(ctx context.Context, source event.Source, req event.Request) error {
	for {
		err := s.readStream(ctx, source, req)
		gap, isGap := errors.AsType[*event.GapError](err)
		switch {
		case isGap && gap.Oldest != req.After:
			req.After = gap.Oldest
		case errors.Is(err, io.EOF), errors.Is(err, ErrCutOff):
			return nil
		default:
			return err
		}
	}
}

func (s *State) readStream(ctx context.Context, source event.Source, req event.Request) error {
	stream, err := source.Subscribe(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		events, err := stream.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			s.Take(e)
		}
	}
}
