// Package wake notices that another process may have committed to a SQLite
// database.
//
// A file watch is only the hint: a writer's bytes reach the write-ahead log
// before its commit is visible, so a single look at that moment comes too
// early. The look is the proof. After a hint the watcher looks again and
// again, quickly at first, until nothing has come for a while; without hints
// it looks at a slow, steady interval.
package wake

import (
	"context"
	"errors"
	"time"
)

// Defaults of Options.
const (
	DefaultInterval  = 100 * time.Millisecond
	DefaultIdleAfter = time.Second
)

// Options configure a Watcher.
type Options struct {
	// Path is the file whose writes are hints: the database's "-wal". It need
	// not exist.
	Path string
	// Interval is the longest time between two looks. 0 means DefaultInterval.
	Interval time.Duration
	// IdleAfter is how long nothing must change for Wait to return ErrIdle.
	// 0 means DefaultIdleAfter.
	IdleAfter time.Duration
}

// ErrIdle says that nothing has changed for Options.IdleAfter.
var ErrIdle = errors.New("idle")

// A Watcher waits for changes of one database. It is for one goroutine, except
// for Wake.
type Watcher struct {
	opts  Options
	hints hints

	lastHint   time.Time
	lastChange time.Time
	lastIdle   time.Time
}

// New returns a Watcher. Close releases it.
func New(opts Options) *Watcher {
	if opts.Interval <= 0 {
		opts.Interval = DefaultInterval
	}
	if opts.IdleAfter <= 0 {
		opts.IdleAfter = DefaultIdleAfter
	}
	now := time.Now()
	return &Watcher{opts: opts, hints: newHints(opts.Path), lastHint: now, lastChange: now, lastIdle: now}
}

// Wake ends the Wait at work, or else the next one, without a look: this
// process itself has committed. It may be called from any goroutine.
func (w *Watcher) Wake() { w.hints.call() }

// Sleep returns after d, or as soon as there is a Wake that has not ended a
// Wait yet.
func (w *Watcher) Sleep(d time.Duration) { w.hints.nap(d) }

// Wait calls look until it reports a change, and returns nil then, or when
// there is a Wake. It returns ErrIdle whenever another IdleAfter has passed
// without a change, look's error, or ctx.Err().
//
// A commit is not missed: all of a commit's writes to the watched file come
// before it is visible, so either the hint is still to be taken, or looking
// has not stopped since it was taken.
func (w *Watcher) Wait(ctx context.Context, look func() (bool, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if w.hints.take() {
			w.lastHint = time.Now()
		}
		called := w.hints.answer()
		changed := called
		if !called {
			var err error
			if changed, err = look(); err != nil {
				return err
			}
		}
		now := time.Now()
		if changed {
			w.lastChange, w.lastIdle = now, now
			return nil
		}
		if now.Sub(w.lastIdle) >= w.opts.IdleAfter {
			w.lastIdle = now
			return ErrIdle
		}
		if w.pause(now) {
			w.lastHint = time.Now()
		}
	}
}

// pause waits for the next look: the shorter, the fresher the last sign. It
// reports whether a hint ended it.
func (w *Watcher) pause(now time.Time) bool {
	if quiet := now.Sub(w.lastHint); w.lastHint.After(w.lastChange) {
		// Somebody is writing: the commit is due any moment, or, on a slow
		// disk, after about as long again as it has taken already.
		switch {
		case quiet < 3*time.Millisecond:
			w.hints.nap(50 * time.Microsecond)
			return false
		case quiet < 30*time.Millisecond:
			w.hints.nap(500 * time.Microsecond)
			return false
		}
	}
	switch quiet := now.Sub(w.lastChange); {
	case quiet < time.Millisecond:
		// The hints just taken may have been the next writer's already.
		w.hints.nap(100 * time.Microsecond)
		return false
	case quiet < 30*time.Millisecond:
		return w.hints.wait(min(2*time.Millisecond, w.opts.Interval))
	case quiet < 250*time.Millisecond, now.Sub(w.lastHint) < 250*time.Millisecond:
		return w.hints.wait(min(5*time.Millisecond, w.opts.Interval))
	}
	return w.hints.wait(w.opts.Interval)
}

// Close releases the watch.
func (w *Watcher) Close() error { return w.hints.close() }
