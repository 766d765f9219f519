package hook

import (
	"context"
	"database/sql"

	"cslack-stream/internal/engine/sqlitedb"
)

// Waker runs transactions and wakes whoever carries their changes as soon as
// they are committed: it need not notice by itself. It is for trigger mode,
// where the change log tells what was written.
type Waker struct{ wake func() }

// NewWaker returns a Waker that calls wake after every commit.
func NewWaker(wake func()) *Waker { return &Waker{wake} }

// Transact runs write in a transaction that takes the write lock at once, and
// wakes when it is committed.
func (w *Waker) Transact(ctx context.Context, c *sql.Conn, write func() error) error {
	err := sqlitedb.Tx(ctx, c, "BEGIN IMMEDIATE", write)
	if err == nil {
		w.wake()
	}
	return err
}

// Mark does nothing: triggers do not see what is undone.
func (*Waker) Mark() int { return 0 }

// Undo does nothing.
func (*Waker) Undo(int) {}
