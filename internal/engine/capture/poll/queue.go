package poll

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
)

// queue holds the changes that were found and are not carried yet: the change
// log of an epoch, in memory.
type queue struct {
	epoch   string
	last    int64 // the newest id given
	changes []claudeslack.Change
}

func newQueue() queue { return queue{epoch: rand.Text()} }

// row is a changed row, and when it was changed.
type row struct {
	claudeslack.Row
	at time.Time
}

// put adds the changes of one look. Their counts rise from 1 by step, which
// makes them one transaction for whoever renders them. A step of more than 1
// says that no two are halves of one row that is replaced.
func (q *queue) put(rows []row, step int) {
	for i, r := range rows {
		q.last++
		q.changes = append(q.changes, claudeslack.Change{ID: q.last, At: r.at, Count: int64(i*step + 1), Row: r.Row})
	}
}

// take forgets what is carried and returns what comes next.
func (q *queue) take(after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	first := q.last - int64(len(q.changes)) + 1
	switch {
	case after.Log != q.epoch:
		return capture.Run{}, fmt.Errorf("%w: it has another epoch", capture.ErrReplaced)
	case after.ID > q.last:
		return capture.Run{}, fmt.Errorf("%w: its newest change is %d, not %d", capture.ErrReplaced, q.last, after.ID)
	case after.ID < first-1:
		return capture.Run{}, fmt.Errorf("%w: change %d was carried before", capture.ErrReplaced, after.ID+1)
	}
	q.changes = q.changes[after.ID-first+1:]
	if len(q.changes) == 0 {
		q.changes = nil
		return capture.Run{}, nil
	}
	n := min(max(limit, 1), len(q.changes))
	return capture.Run{Changes: slices.Clone(q.changes[:n]), Complete: n == len(q.changes)}, nil
}

func (q *queue) checkpoint() claudeslack.Checkpoint {
	return claudeslack.Checkpoint{Log: q.epoch, ID: q.last}
}
