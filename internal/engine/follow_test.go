package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
)

// stuck is a database that takes longer to fail than anybody waits.
type stuck struct {
	capture.Changes
	err error
}

func (s stuck) Next(ctx context.Context, _ claudeslack.Checkpoint, _ int) (capture.Run, error) {
	<-ctx.Done()
	return capture.Run{}, ctx.Err()
}

func (s stuck) Look(context.Context) (*capture.Look, error) { return nil, s.err }

// TestEngine_FollowsWhatCanNotBeRead: that nothing comes is no sign of health,
// for one that follows neither.
func TestEngine_FollowsWhatCanNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		locked := errors.New("locked")
		e := New(Options{Changes: stuck{err: locked}, Following: true, TakeOver: func(context.Context) bool { return false }})
		if err := e.step(t.Context()); !errors.Is(err, locked) {
			t.Errorf("got %v, want %v", err, locked)
		}
	})
}
