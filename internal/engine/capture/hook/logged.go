package hook

import (
	"context"
	"database/sql"
)

// Log gives the changes of a transaction of this process, which triggers note,
// to whoever waits for them: a *trigger.Log.
type Log interface {
	// Write runs write in a transaction on c that takes the write lock at
	// once.
	Write(ctx context.Context, c *sql.Conn, write func() error) error
}

// Logged runs transactions of which a change log tells: nothing has to be
// recorded, and nothing to be taken back. It is for trigger mode.
type Logged struct{ log Log }

// NewLogged returns a Logged whose transactions log passes on.
func NewLogged(log Log) *Logged { return &Logged{log} }

// Transact runs write in a transaction, and hands over what was noted of it
// once it is committed.
func (l *Logged) Transact(ctx context.Context, c *sql.Conn, write func() error) error {
	return l.log.Write(ctx, c, write)
}

// Mark does nothing: triggers do not see what is undone.
func (*Logged) Mark() int { return 0 }

// Undo does nothing.
func (*Logged) Undo(int) {}
