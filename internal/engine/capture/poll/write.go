package poll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
)

// Write makes a write of this process's own in its place among those of others
// (pipeline rule 13). It runs write in a transaction on c, a connection to the
// same database that writes in no other way, and no look comes between that
// and its changes: what others committed before is handed over first, then
// what write returns, in that order, as one transaction. If it returns nil,
// the changes are what a look finds. Next returns them at once.
//
// The error is that of the transaction. A write before the first Look is just
// made.
func (p *Poller) Write(ctx context.Context, c *sql.Conn, write func() ([]claudeslack.Row, error)) error {
	// Connecting to the database takes its time, and needs no lock.
	g, err := p.host.Generation(ctx)
	if err != nil {
		return err
	}
	if err := p.lock(ctx, c); err != nil {
		return err
	}
	defer p.mu.Unlock()
	own, err := p.write(ctx, c, g, write)
	if err == nil {
		if _, err = c.ExecContext(ctx, "COMMIT"); err == nil {
			// What could not be looked at is found by the next look.
			_ = p.accept(own, nil)
			p.Wake()
			return nil
		}
		err = fmt.Errorf("write to host database: %w", err)
	}
	rollback(ctx, c)
	return err
}

// lockTries is how often the write lock is given back to wait for looks. One
// is mostly enough: looks rest for longer than they take.
const lockTries = 10

// lock begins a transaction on c that holds the host's write lock, and takes
// p.mu. Other writers are waited for without p.mu, since looks must go on;
// and looks without the write lock, since other writers must.
func (p *Poller) lock(ctx context.Context, c *sql.Conn) error {
	for try := 1; ; try++ {
		if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return fmt.Errorf("write to host database: %w", err)
		}
		if p.mu.TryLock() {
			return nil
		}
		if try == lockTries {
			p.mu.Lock()
			return nil
		}
		rollback(ctx, c)
		p.mu.Lock()
		p.mu.Unlock() //nolint:staticcheck // the look is over
	}
}

func rollback(ctx context.Context, c *sql.Conn) {
	_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
}

// write runs write between two looks of the transaction, and returns the second
// one: it counts once that is committed.
func (p *Poller) write(ctx context.Context, c *sql.Conn, g claudeslack.Generation, write func() ([]claudeslack.Row, error)) (*look, error) {
	if err := p.catchUp(ctx, c, g); err != nil {
		return nil, err
	}
	rows, err := write()
	if err != nil {
		return nil, err
	}
	own, err := p.glance(ctx, c, g)
	if err != nil {
		p.due, p.writer = true, nil
		return nil, nil //nolint:nilerr,nilnil // the write itself is fine
	}
	if own != nil && rows != nil {
		own.rows, own.told = [kinds][]row{}, true
		for _, r := range rows {
			own.add(messageNew, r, own.now)
		}
	}
	return own, nil
}

// catchUp looks at what others have committed before the transaction of c,
// unless nobody has since the last one: that is known without a look, and a
// look would keep the host's writers waiting.
func (p *Poller) catchUp(ctx context.Context, c *sql.Conn, g claudeslack.Generation) error {
	var version int64
	if err := readRow(ctx, c, `PRAGMA data_version`, nil, &version); err != nil {
		return err
	}
	if c == p.writer && version == p.written && !p.moved {
		return nil
	}
	foreign, err := p.glance(ctx, c, g)
	if err = p.accept(foreign, err); err != nil && !errors.Is(err, capture.ErrReplaced) {
		return err
	}
	p.writer, p.written = c, version
	return nil
}

// glance examines the tables if there is an image to compare them with.
func (p *Poller) glance(ctx context.Context, q claudeslack.Queryer, g claudeslack.Generation) (*look, error) {
	if p.image == nil {
		return nil, nil //nolint:nilnil // nothing to compare, nothing found
	}
	return p.examine(ctx, q, g, segment{})
}
