// Package poll captures changes by comparing the host's tables with what they
// held before. It never writes and leaves nothing behind, so it is for looking
// at a database that has no change log, and for memory mode.
//
// The rows that differ between two looks are the changes. Each look reads all
// tables in one read transaction and hands its changes over in the order of
// pipeline rule 17, as if they were one transaction: agents, links, channels,
// joins, config syncs, calls of tools, messages by id, edits, leaves,
// deletions. What was in the tables at the first look is no change.
//
// # What it can not see
//
// Only what is different at the next look: not a row that came and went in
// between, not a value that was there for a moment only, and not who came
// first in different tables. A look follows a commit within milliseconds, but
// looks take no more than a quarter of a processor: of a hard-working writer
// they show many commits at once.
//
// Of messages, the newest 1024 are compared with every look, as long as their
// content is not longer than 8 KiB: of longer ones the length and the time of
// the edit are. The rest, down to the millionth message, is compared by a
// scan, at most every minute and only after something was committed. An edit
// that happens before the first scan has come by, in the first moments after
// the first look, is not seen.
//
// What an edit or a deletion replaced is known in full for the newest 1024
// messages, except for long content. Otherwise only whether the content
// changed is known, by its hash: the change then has an empty OldContent. The
// same goes for metadata, except where the rules read it: metadata with tags
// or with a mark of deletion is always kept, so that an edit, a deletion and a
// second deletion stay three different things.
package poll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/wake"
	"cslack-stream/internal/engine/claudeslack"
)

// Options configure a Poller.
type Options struct {
	// Host is the database; the Poller closes it.
	Host *capture.Host
	// Interval is the longest time between two glances at whether anything
	// was committed; 0 means the default of package wake.
	Interval time.Duration
}

// Poller finds the changes of one database. Looks are ordered by its lock: the
// tables as a look shows them, and the last change found up to then, belong
// together.
type Poller struct {
	host    *capture.Host
	watcher *wake.Watcher

	mu    sync.Mutex
	image *image // nil before the first Look, and once the database was replaced
	queue queue
	scan  scan

	file    os.FileInfo // the database's at the last look
	moved   bool        // another file is in its place since
	conn    *sql.Conn   // the host's connection at the last look through it,
	version int64       // and its data_version then
	due     bool        // a look failed: commits may have gone unnoticed
	writer  *sql.Conn   // the connection of the last Write,
	written int64       // and its data_version then
	rest    time.Time   // no look before
}

var _ capture.Changes = (*Poller)(nil)

// New returns a Poller. It opens nothing yet; the first Look says from when on
// changes count.
func New(opts Options) *Poller {
	return &Poller{
		host:    opts.Host,
		watcher: wake.New(wake.Options{Path: opts.Host.Path() + "-wal", Interval: opts.Interval}),
		scan:    scan{every: scanEvery},
	}
}

// Next implements capture.Changes. It returns capture.ErrReplaced until a Look
// has begun the epoch of the checkpoint.
func (p *Poller) Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	for {
		run, err := p.take(after, limit)
		if err != nil || len(run.Changes) > 0 {
			return run, err
		}
		worked, err := p.work(ctx)
		if err != nil {
			return capture.Run{}, err
		}
		if worked {
			continue
		}
		if err := p.wait(ctx); err != nil {
			return capture.Run{}, err
		}
	}
}

func (p *Poller) take(after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.image == nil {
		return capture.Run{}, fmt.Errorf("%w: no look has been taken at the tables yet", capture.ErrReplaced)
	}
	return p.queue.take(after, limit)
}

// Look implements capture.Changes: the tables at one moment, and the last
// change found up to it. The first Look, and the first after the database was
// replaced, begins a new epoch.
func (p *Poller) Look(ctx context.Context) (*capture.Look, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.follow()
	g, err := p.host.Generation(ctx)
	if err != nil {
		return nil, err
	}
	db, c, err := p.host.Open(ctx)
	if err != nil {
		return nil, err
	}
	look := &capture.Look{Queryer: c, Generation: g, Release: func() { _ = errors.Join(c.Close(), db.Close()) }}
	if look.At, err = p.lookThrough(ctx, c, g); err != nil {
		look.Close()
		return nil, err
	}
	return look, nil
}

// lookThrough begins the transaction of a Look and reads in it what is new.
func (p *Poller) lookThrough(ctx context.Context, c *sql.Conn, g claudeslack.Generation) (claudeslack.Checkpoint, error) {
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return claudeslack.Checkpoint{}, fmt.Errorf("look at host tables: %w", err)
	}
	if p.image != nil {
		l, err := p.examine(ctx, c, g, segment{})
		if err = p.accept(l, err); err != nil && !errors.Is(err, capture.ErrReplaced) {
			return claudeslack.Checkpoint{}, err
		}
	}
	if p.image == nil {
		if err := p.begin(ctx, c, g); err != nil {
			return claudeslack.Checkpoint{}, err
		}
	}
	return p.queue.checkpoint(), nil
}

// Close releases the host's database.
func (p *Poller) Close() error {
	return errors.Join(p.watcher.Close(), p.host.Close())
}
