// Package engine follows the host's changes and serves streams of events.
//
// One goroutine, Run, moves events: it takes committed changes from a
// capture, renders them against the workspace, appends the events to a log,
// and publishes them to the window. Any number of readers read beside it,
// each at its own cursor. What is published is in the log; what is in the log
// was committed; nothing is skipped and nothing comes twice.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// Options configure an Engine. Changes and Store are required.
type Options struct {
	// Changes is where committed changes come from.
	Changes capture.Changes
	// Store is the log that they are carried into.
	Store Store
	// Base is a log of the events before the store's own, if another engine
	// has one: see attach.go.
	Base Base
	// Install puts capture in place when it is missing, and returns a look at
	// the host at the boundary; nil if it was in place. A nil Install never
	// writes to the host.
	Install func(context.Context) (*capture.Look, error)
	// File returns the id of the file that the store has open, for trimming:
	// another one may take its place. A nil File means never to trim.
	File func(context.Context) (string, error)
	// Redact takes the text of a message that is deleted out of all events
	// about it, stored and to come.
	Redact bool
	// Following says that another engine is known to carry into the store: this
	// one begins by following, and takes over when the other leaves a change.
	Following bool
	// TakeOver is asked now and then while this engine follows and nothing
	// happens: it reports whether the other engine is gone, and this one known
	// to carry in its place. A nil TakeOver leaves it to the next change.
	TakeOver func(context.Context) bool
	// Window configures the window.
	Window bus.Options
	// Limit is how many changes are read at a time; 0 means 1000.
	Limit int
	// MaxWait bounds how long a batch of changes may wait for more, while
	// changes come faster than they are carried; 0 means that none waits.
	MaxWait time.Duration
	// SnapshotWait is how long a snapshot waits for capture to catch up; 0
	// means 5 s.
	SnapshotWait time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what an operator should know; nil discards it.
	Logger *slog.Logger
}

// Engine carries changes and serves streams. It is an event.Source.
type Engine struct {
	opts   Options
	log    Log
	chain  *chain // the log, if there is a base
	window *bus.Window
	logger *slog.Logger

	// What follows belongs to Run's goroutine.
	state     backend.State
	stale     bool          // the state must be loaded again before rendering
	following bool          // another engine carries
	failing   bool          // the last step failed
	hold      time.Duration // before the next read: see gather

	janitor   janitor
	progress  progress
	checks    checks
	waiting   waiting
	condition atomic.Pointer[Condition]
}

// New returns an engine. Start makes it ready, Run keeps it going.
func New(opts Options) *Engine {
	if opts.Limit <= 0 {
		opts.Limit = 1000
	}
	if opts.SnapshotWait <= 0 {
		opts.SnapshotWait = 5 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{opts: opts, log: opts.Store, window: bus.New(opts.Window), logger: opts.Logger, following: opts.Following}
	if opts.Base != nil {
		e.chain = &chain{own: opts.Store, base: opts.Base}
		e.log = e.chain
	}
	e.condition.Store(&Condition{State: Starting})
	return e
}

// Start puts capture in place, loads or rebuilds the state, and carries what
// was committed up to now. Streams can be opened afterwards.
func (e *Engine) Start(ctx context.Context) error {
	err := e.start(ctx)
	if err != nil && e.damaged() {
		err = e.start(ctx)
	}
	return err
}

func (e *Engine) start(ctx context.Context) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	if err := e.publishedUpTo(ctx); err != nil {
		return err
	}
	return e.catchUp(ctx)
}

// damaged reports whether the store has found damage in itself. Loading it
// again sets that aside.
func (e *Engine) damaged() bool {
	t, ok := e.opts.Store.(Troubled)
	return ok && t.Trouble() != nil
}

// catchUp carries what is in the change log now.
func (e *Engine) catchUp(ctx context.Context) error {
	look, err := e.opts.Changes.Look(ctx)
	if err != nil {
		return err
	}
	target := look.At
	look.Close()
	at := e.state.Checkpoint
	if target.Log != at.Log || target.ID < at.ID || (target.ID == at.ID && target != at) {
		return e.replaced(ctx, capture.ErrReplaced)
	}
	for e.state.Checkpoint.Log == target.Log && e.state.Checkpoint.ID < target.ID {
		if err := e.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) begin(ctx context.Context) error {
	if e.chain != nil {
		return e.attach(ctx)
	}
	state, err := e.opts.Store.Load(ctx)
	if err != nil {
		return err
	}
	e.state = state
	e.checks.reset(state.Workspace.Checked())
	if e.opts.Install != nil {
		look, err := e.opts.Install(ctx)
		if err != nil {
			return err
		}
		if look != nil {
			return e.rebuild(ctx, look)
		}
	}
	if state.Checkpoint.Log == "" {
		return e.lookAndRebuild(ctx)
	}
	return nil
}

// publishedUpTo lets the window stand at the end of the log.
func (e *Engine) publishedUpTo(ctx context.Context) error {
	b, err := e.log.Bounds(ctx)
	if err != nil {
		return err
	}
	e.window.Reset(b.Latest())
	e.progress.set(e.state.Checkpoint)
	e.setCondition(Healthy, nil)
	return nil
}

// Run carries changes until ctx is done and returns ctx.Err() then. It
// survives whatever happens to the database: it says so in Condition, and
// tries again.
func (e *Engine) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { e.expireForEver(ctx) })
	wg.Go(func() { e.trimForEver(ctx) })
	defer wg.Wait()
	wait := time.Duration(0)
	for ctx.Err() == nil {
		err := sqlitedb.Explained(e.step(ctx))
		if err == nil || ctx.Err() != nil {
			if e.failing && ctx.Err() == nil {
				e.logger.Info("capture recovered")
				e.setCondition(Healthy, nil)
			}
			wait, e.failing = 0, false
			continue
		}
		if !e.failing {
			e.logger.Warn("capture failed; trying again", slog.Any("error", err))
		}
		e.setCondition(Degraded, err)
		e.stale, e.failing = true, true
		wait = min(max(2*wait, 50*time.Millisecond), 2*time.Second)
		sleep(ctx, wait)
	}
	return ctx.Err()
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Close releases capture and log. Run must have returned.
func (e *Engine) Close() error {
	err := errors.Join(e.opts.Changes.Close(), e.opts.Store.Close())
	if e.opts.Base != nil {
		err = errors.Join(err, e.opts.Base.Close())
	}
	return err
}

// Window returns the window, for what it can tell of readers.
func (e *Engine) Window() *bus.Window { return e.window }

// progress lets others wait until changes are carried.
type progress struct {
	mu      sync.Mutex
	at      claudeslack.Checkpoint
	changed chan struct{}
}

func (p *progress) set(at claudeslack.Checkpoint) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = at
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// now returns how far changes are carried.
func (p *progress) now() claudeslack.Checkpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// beyond blocks until changes are carried to elsewhere than at, and returns
// where that is.
func (p *progress) beyond(ctx context.Context, at claudeslack.Checkpoint) (claudeslack.Checkpoint, error) {
	for {
		now, changed := p.watch()
		if now != at {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return at, ctx.Err()
		}
	}
}

// watch returns how far changes are carried, and what is closed when that
// changes.
func (p *progress) watch() (claudeslack.Checkpoint, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.at, p.changed
}

// wait blocks until change id of the change log log is carried.
func (p *progress) wait(ctx context.Context, log string, id int64) error {
	for {
		at, changed := p.watch()
		if at.Log == log && at.ID >= id {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for change %d to be carried: %w", id, ctx.Err())
		}
	}
}
