// Package capture is where committed changes of the host come from: its
// change log, kept by triggers, or a poll of its tables, beside a hook on what
// this process writes itself.
package capture

import (
	"context"
	"errors"
	"fmt"

	"cslack-stream/internal/engine/claudeslack"
)

// ErrReplaced means that the database, or its change log, is not the one that
// a checkpoint is of: a restored backup, another file, triggers that were
// removed and made again. What came in between is unknown. The engine takes a
// new look at everything and begins a new epoch.
var ErrReplaced = errors.New("the change log is not the one that was carried")

// TrimmedError means that changes behind a checkpoint have been carried and
// trimmed by another engine. They are in that engine's event log.
type TrimmedError struct{ First int64 }

// Error names the first change that is left.
func (e *TrimmedError) Error() string {
	return fmt.Sprintf("changes before %d were carried by another engine", e.First)
}

// Run is a run of changes in commit order.
type Run struct {
	Changes []claudeslack.Change
	// Complete says that no limit cut the run: it ends at a commit.
	Complete bool
}

// Look is the host's tables at one moment, and the change log's position at
// that moment. It holds a read transaction: close it soon, since checkpoints
// of the database wait for it.
type Look struct {
	claudeslack.Queryer
	Generation claudeslack.Generation
	At         claudeslack.Checkpoint
	Release    func()
}

// Close ends the look. Closing twice is fine.
func (l *Look) Close() {
	if l.Release != nil {
		l.Release()
		l.Release = nil
	}
}

// Changes is where committed changes come from. One goroutine calls Next;
// Look may be called beside it.
type Changes interface {
	// Next returns the changes after the checkpoint, at most limit of them
	// and at least one; it blocks while there are none. Errors: ErrReplaced,
	// *TrimmedError, ctx.Err(); any other is worth another try.
	Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (Run, error)
	// Look opens a consistent look at the host's tables.
	Look(ctx context.Context) (*Look, error)
	// Close releases the host's database.
	Close() error
}
