package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/event"
)

// hookedStore lets something happen before one load and before one append.
type hookedStore struct {
	engine.Store
	load, append atomic.Pointer[func()]
}

func (h *hookedStore) Load(ctx context.Context) (backend.State, error) {
	if f := h.load.Swap(nil); f != nil {
		(*f)()
	}
	return h.Store.Load(ctx)
}

func (h *hookedStore) Append(ctx context.Context, b *backend.Batch) error {
	if f := h.append.Swap(nil); f != nil {
		(*f)()
	}
	return h.Store.Append(ctx, b)
}

// oneOfTwo is one of two engines that carry into one event file.
type oneOfTwo struct {
	*running
	store *hookedStore
	seen  event.Stream
}

func startOneOfTwo(t *testing.T, db string, following bool) *oneOfTwo {
	t.Helper()
	o := &oneOfTwo{store: new(hookedStore)}
	o.running = startCarrier(t, db, func(opts *engine.Options) {
		opts.Following = following
		o.store.Store, opts.Store = opts.Store, o.store
	})
	o.seen = o.operator(t, o.Window().Latest())
	return o
}

// TestRule3_TakesOverWhileOtherAppends: an engine that carries is so slow with
// a change that one that follows takes over, and has appended it when that one
// loads the state. The other's readers are shown it too.
func TestRule3_TakesOverWhileOtherAppends(t *testing.T) {
	db, w := newWorld(t)
	carries, follows := startOneOfTwo(t, db, false), startOneOfTwo(t, db, true)
	for n := 0; n == 0 || carries.Condition().Carries == follows.Condition().Carries; n++ {
		text := fmt.Sprint("before", n)
		w.Exec(say(text))
		contents(t, carries.seen, text)
		contents(t, follows.seen, text)
	}
	if follows.Condition().Carries { // it has taken over: the machine is busy
		carries, follows = follows, carries
	}

	takesOver, loads := make(chan struct{}), make(chan struct{})
	carries.store.append.Store(new(func() { <-takesOver }))
	follows.store.load.Store(new(func() { close(takesOver); <-loads }))
	w.Exec(say("slow"))
	contents(t, carries.seen, "slow")
	close(loads)
	if diff := cmp.Diff([]string{"slow"}, contents(t, follows.seen, "slow")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if follows.Condition().Carries {
		t.Error("got an engine that carries though the other one was quicker")
	}
	carries.stop()
	w.Exec(say("end"))
	if diff := cmp.Diff([]string{"end"}, contents(t, follows.seen, "end")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
