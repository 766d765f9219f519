package poll

import (
	"context"
	"errors"
	"os"
	"time"

	"cslack-stream/internal/engine/capture/wake"
)

// wait returns when there is something to do. While nothing happens it lets go
// of the database, so that it can be replaced (pipeline rule 1).
func (p *Poller) wait(ctx context.Context) error {
	for {
		p.pause()
		err := p.watcher.Wait(ctx, func() (bool, error) { return p.stirred(ctx) })
		if !errors.Is(err, wake.ErrIdle) {
			return err
		}
		if err := p.host.LetGo(ctx); err != nil {
			return err
		}
	}
}

// pause waits until the next look may be taken, if that is soon, or until
// there are changes without one.
func (p *Poller) pause() {
	p.mu.Lock()
	rest := time.Until(p.rest)
	p.mu.Unlock()
	if rest <= 0 {
		return
	}
	p.watcher.Sleep(min(rest, 20*time.Millisecond))
}

// Wake lets Next look at once: this process itself has committed. It may be
// called from any goroutine.
func (p *Poller) Wake() { p.watcher.Wake() }

// stirred reports whether there is something to do.
func (p *Poller) stirred(ctx context.Context) (bool, error) {
	p.mu.Lock()
	now := time.Now()
	ready := p.image == nil || len(p.queue.changes) > 0 || p.scan.due(now) || (p.due && !now.Before(p.rest))
	resting := now.Before(p.rest)
	p.mu.Unlock()
	if ready || resting {
		return ready, nil
	}
	return p.committed(ctx)
}

// committed reports whether anything may have been committed since it was last
// asked, and remembers that it was.
func (p *Poller) committed(ctx context.Context) (bool, error) {
	changed, err := p.host.Changed(ctx)
	if changed {
		p.mu.Lock()
		p.due = true
		p.mu.Unlock()
	}
	return changed, err
}

// follow notices that another file is at the database's path. The host's
// connection would show the old one for a while yet, and a Look the new one.
func (p *Poller) follow() {
	info, err := os.Stat(p.host.Path())
	if err != nil {
		return // opening it says what is wrong
	}
	if p.file != nil && !os.SameFile(info, p.file) {
		p.moved = true
		_ = p.host.Disconnect() // what can go wrong is of no use any more
	}
	p.file = info
}
