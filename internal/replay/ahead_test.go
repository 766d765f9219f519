package replay_test

import (
	"context"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
)

// ahead reads every stream of a source ahead.
type ahead struct{ event.Source }

func (a ahead) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	s, err := a.Source.Subscribe(ctx, req)
	if err != nil {
		return nil, err
	}
	return replay.ReadAhead(ctx, s), nil
}

func TestAhead_SourceConformance(t *testing.T) {
	eventtest.TestSource(t, func(*testing.T) eventtest.Harness {
		src := eventtest.NewSource()
		return eventtest.Harness{
			Source: ahead{src}, ReadsAhead: true, Ends: true,
			Append: func(_ testing.TB, e event.Event, to ...event.Agent) *event.Event { return src.Append(e, to...) },
			Trim:   func(_ testing.TB, through event.Cursor) { src.Trim(through) },
		}
	})
}

// TestPlayer_SourceConformance: a player without a pace is the stream it
// plays.
func TestPlayer_SourceConformance(t *testing.T) {
	eventtest.TestSource(t, func(*testing.T) eventtest.Harness {
		src := eventtest.NewSource()
		return eventtest.Harness{
			Source: played{src}, ReadsAhead: true,
			Append: func(_ testing.TB, e event.Event, to ...event.Agent) *event.Event { return src.Append(e, to...) },
			Trim:   func(_ testing.TB, through event.Cursor) { src.Trim(through) },
		}
	})
}

type played struct{ event.Source }

func (p played) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	s, err := replay.Play(ctx, p.Source, req, replay.Pace{})
	if err != nil {
		return nil, err
	}
	return s, nil
}
