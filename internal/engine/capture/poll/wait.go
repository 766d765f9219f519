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
		p.pause(ctx)
		err := p.watcher.Wait(ctx, func() (bool, error) { return p.stirred(ctx) })
		if !errors.Is(err, wake.ErrIdle) {
			return err
		}
		if err := p.letGo(ctx); err != nil {
			return err
		}
	}
}

// pause waits until the next look may be taken, if that is soon.
func (p *Poller) pause(ctx context.Context) {
	p.mu.Lock()
	rest := time.Until(p.rest)
	p.mu.Unlock()
	if rest <= 0 {
		return
	}
	timer := time.NewTimer(min(rest, 20*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

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
	changed, err := p.host.Changed(ctx)
	if changed {
		p.mu.Lock()
		p.due = true
		p.mu.Unlock()
	}
	return changed, err
}

// settled is how long nothing must have been written for the connection to be
// closed. A writer writes first, waits for its disk, and then lets others see
// the commit, which no file tells.
const settled = 900 * time.Millisecond

// letGo closes the connection, unless there is something to do after all. The
// host takes the files as they are once it is closed for what was seen; so a
// commit between the last glance and that must show here.
func (p *Poller) letGo(ctx context.Context) error {
	before := p.files()
	for _, f := range before {
		if quiet := time.Since(f.time); quiet >= 0 && quiet < settled {
			return nil
		}
	}
	if stirred, err := p.stirred(ctx); err != nil || stirred {
		return err
	}
	if err := p.host.Disconnect(); err != nil {
		return err
	}
	if p.files() != before {
		p.mu.Lock()
		p.due = true
		p.mu.Unlock()
	}
	return nil
}

// fileState is what can be told of a file without opening it.
type fileState struct {
	size int64
	time time.Time
}

// files returns the state of the database and of its write-ahead log.
func (p *Poller) files() (state [2]fileState) {
	for i, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(p.host.Path() + suffix); err == nil {
			state[i] = fileState{info.Size(), info.ModTime()}
		}
	}
	return state
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
