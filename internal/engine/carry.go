package engine

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// patience is how long a following engine leaves a change to the one that
// carries.
const patience = 50 * time.Millisecond

// step takes one run of changes all the way to the readers.
func (e *Engine) step(ctx context.Context) error {
	if e.failing && e.damaged() {
		if _, err := e.opts.Store.Load(ctx); err != nil {
			return err
		}
	}
	if e.hold > 0 {
		sleep(ctx, e.hold)
		e.hold = 0
	}
	asked := time.Now()
	run, err := e.next(ctx)
	came := time.Now()
	switch {
	case errors.Is(err, errNothing):
		return e.rest(ctx)
	case errors.Is(err, capture.ErrReplaced):
		return e.replaced(ctx, err)
	case err != nil:
		return e.trimmedElsewhere(ctx, err)
	}
	if e.following && e.carriedByOther(ctx, run) {
		return e.adopt(ctx)
	}
	if err := e.carry(ctx, run); err != nil {
		return err
	}
	e.gather(len(run.Changes), came.Sub(asked), time.Since(came))
	return nil
}

// gather lets the next batch fill while changes come faster than they are
// carried: n changes were there after the engine had waited for them, and were
// carried in took. It waits as long as that again, so that an event comes no
// later than if it had just missed this batch. What is behind by whole batches
// does not wait, nor does what comes one by one, or after a pause.
func (e *Engine) gather(n int, waited, took time.Duration) {
	if n > 1 && n < e.opts.Limit && waited < took {
		e.hold = min(took, e.opts.MaxWait)
	}
}

// rest is for a while without changes. An engine that follows sees whether it
// is to take over. Then it looks at the host once: that no change has come may
// mean that all is well, or that reading takes its time to fail.
func (e *Engine) rest(ctx context.Context) error {
	if e.mayTakeOver() && e.opts.TakeOver(ctx) {
		e.setFollowing(false)
	}
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return err
	}
	look.Close()
	return nil
}

// mayTakeOver reports whether something other than a change can tell that this
// engine is to carry.
func (e *Engine) mayTakeOver() bool { return e.following && e.opts.TakeOver != nil }

// errNothing says that no change came while there is more to know than that.
var errNothing = errors.New("nothing to carry")

// restAfter is how long changes are waited for then.
const restAfter = 2 * time.Second

// next waits for changes, but not for ever while it is to be known whether a
// failure has passed, or the engine that carries is there.
func (e *Engine) next(ctx context.Context) (capture.Run, error) {
	if !e.failing && !e.mayTakeOver() {
		return e.opts.Changes.Next(ctx, e.state.Checkpoint, e.opts.Limit)
	}
	short, cancel := context.WithTimeout(ctx, restAfter)
	defer cancel()
	run, err := e.opts.Changes.Next(short, e.state.Checkpoint, e.opts.Limit)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return run, errNothing
	}
	return run, err
}

// carry renders a run, appends the events with the state that follows, and
// publishes them. If anything fails, the state is stale: it must not have
// folded what was not appended.
func (e *Engine) carry(ctx context.Context, run capture.Run) error {
	from := e.state.Checkpoint
	if err := e.refresh(ctx); err != nil {
		return err
	}
	if e.state.Checkpoint != from {
		return e.adopt(ctx) // the log has moved on since, and the readers with it
	}
	events, consumed := e.state.Workspace.Render(run.Changes, run.Complete)
	if consumed == 0 {
		return e.carryLonger(ctx, len(run.Changes))
	}
	last := run.Changes[consumed-1]
	batch := &backend.Batch{
		From:    e.state.Checkpoint,
		To:      claudeslack.Checkpoint{Log: e.state.Checkpoint.Log, ID: last.ID, Fence: last.Fence},
		Events:  events,
		Entries: e.state.Workspace.TakeEntries(),
	}
	if e.opts.Redact {
		batch.Redact = redact(batch.Events)
	}
	e.stale = true
	err := e.opts.Store.Append(ctx, batch)
	if errors.Is(err, backend.ErrConflict) {
		e.setFollowing(true)
		return e.adopt(ctx)
	}
	if err != nil {
		return err
	}
	e.stale = false
	e.state.Checkpoint = batch.To
	e.setFollowing(false)
	e.publish(batch.Events)
	e.progress.set(batch.To)
	return nil
}

// carryLonger reads on when a cut run can not be told yet.
func (e *Engine) carryLonger(ctx context.Context, n int) error {
	run, err := e.opts.Changes.Next(ctx, e.state.Checkpoint, 2*n+1)
	if err != nil {
		return err
	}
	return e.carry(ctx, run)
}

func (e *Engine) publish(events []event.Event) {
	pointers := make([]*event.Event, len(events))
	for i := range events {
		pointers[i] = &events[i]
	}
	e.show(pointers)
}

// show gives events that are in the log to the readers.
func (e *Engine) show(events []*event.Event) {
	e.checks.follow(events)
	if e.opts.Redact {
		e.redactWindow(events)
	}
	e.window.Publish(events)
	// Readers run at once on this thread. Until another one woke up for them,
	// they would have to wait for as long as it took to carry the events.
	runtime.Gosched()
}

// refresh loads the state again if it may not be what the log stands at.
func (e *Engine) refresh(ctx context.Context) error {
	if !e.stale {
		return nil
	}
	state, err := e.opts.Store.Load(ctx)
	if err != nil {
		return err
	}
	if state.Checkpoint.Log == "" {
		return e.begunAnew(ctx)
	}
	e.state, e.stale = state, false
	e.checks.reset(state.Workspace.Checked())
	return nil
}

// begunAnew fills a log that has lost what it held while the engine ran. What
// the host's tables say is all there is.
func (e *Engine) begunAnew(ctx context.Context) error {
	e.state.Checkpoint = claudeslack.Checkpoint{}
	return e.beginAgain(ctx)
}

// adopt publishes what another engine has appended.
func (e *Engine) adopt(ctx context.Context) error {
	at, err := e.opts.Store.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if at.Log == "" {
		return e.begunAnew(ctx)
	}
	for {
		events, err := e.log.Read(ctx, e.window.Latest(), event.Filter{}, e.opts.Limit)
		var gap *event.GapError
		switch {
		case errors.As(err, &gap):
			// The other engine has begun a new epoch, from another state.
			e.stale = true
			if err := e.refresh(ctx); err != nil {
				return err
			}
			if err := e.publishedUpTo(ctx); err != nil {
				return err
			}
		case err != nil:
			return err
		case len(events) > 0:
			e.show(events)
			continue
		}
		break
	}
	e.state.Checkpoint, e.stale = at, true
	e.progress.set(at)
	return nil
}

// carriedByOther gives the engine that carries a moment to carry run, and
// reports whether it did. If not, this engine tries to: it has taken over once
// it has appended.
func (e *Engine) carriedByOther(ctx context.Context, run capture.Run) bool {
	last := run.Changes[len(run.Changes)-1].ID
	deadline := time.Now().Add(patience)
	for ctx.Err() == nil {
		at, err := e.opts.Store.Checkpoint(ctx)
		if err == nil && (at.Log != e.state.Checkpoint.Log || at.ID >= last) {
			return true
		}
		if time.Now().After(deadline) {
			break
		}
		sleep(ctx, time.Millisecond)
	}
	return false
}

func (e *Engine) setFollowing(following bool) {
	if e.following == following {
		return
	}
	e.logger.Info("carrying", slog.Bool("carries", !following))
	e.following = following
	c := e.condition.Load()
	e.setCondition(c.State, c.Err)
}

// trimmedElsewhere handles changes that are gone behind the checkpoint
// because another engine has carried and trimmed them.
func (e *Engine) trimmedElsewhere(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*capture.TrimmedError](err); !ok {
		return err
	}
	if e.chain != nil {
		return e.catchUpFromBase(ctx)
	}
	at, cerr := e.opts.Store.Checkpoint(ctx)
	if cerr != nil {
		return cerr
	}
	if at == e.state.Checkpoint {
		// Nobody has carried them: they are lost to us.
		return e.replaced(ctx, err)
	}
	e.setFollowing(true)
	return e.adopt(ctx)
}
