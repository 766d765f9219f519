package author

import (
	"context"
	"database/sql"

	"cslack-stream/internal/engine/sqlitedb"
)

// Transactor runs an Author's transactions, so that whoever captures changes
// can give them their place among those of others, see what they write, or be
// woken by them. It is called from one goroutine.
type Transactor interface {
	// Transact runs write in a transaction on c that takes the write lock at
	// once, and commits it, or rolls back and returns the error.
	Transact(ctx context.Context, c *sql.Conn, write func() error) error
	// Mark notes the place before a statement or a savepoint of write.
	Mark() int
	// Undo says that what was written since the mark is undone: the statement
	// has failed, or the savepoint was rolled back. SQLite tells nobody.
	Undo(mark int)
}

// plain is the Transactor for writes that nobody follows.
type plain struct{}

// Transact implements Transactor.
func (plain) Transact(ctx context.Context, c *sql.Conn, write func() error) error {
	return sqlitedb.Tx(ctx, c, "BEGIN IMMEDIATE", write)
}

// Mark implements Transactor.
func (plain) Mark() int { return 0 }

// Undo implements Transactor.
func (plain) Undo(int) {}
