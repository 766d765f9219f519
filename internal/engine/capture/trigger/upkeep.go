package trigger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cslack-stream/internal/engine/sqlitedb"
)

const (
	// lockPatience is how long somebody may hold the write lock before that is
	// trouble: as long as the host itself waits for it.
	lockPatience = 5 * time.Second
	// tryEvery is how often it is seen whether an idle database can be written
	// to.
	tryEvery = 2 * time.Second
)

// upkeep is the writing that the engine does in the host's database, beside
// reading it. What fails there is said once and tried again when it is next
// due; it never keeps changes from being read.
type upkeep struct {
	logger *slog.Logger
	ctx    context.Context //nolint:containedctx // of what runs beside its callers, until close
	cancel context.CancelFunc
	jobs   sync.WaitGroup

	mu     sync.Mutex
	atWork bool
	err    error     // what failed last; nil if it did not
	locked time.Time // since when the write lock was not to be had
	last   time.Time // when anything was written
	said   bool      // that there is trouble
}

func newUpkeep(logger *slog.Logger) *upkeep {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	u := &upkeep{logger: logger}
	u.ctx, u.cancel = context.WithCancel(context.Background())
	return u
}

// begin runs job beside its caller, unless one is at work still: copying a
// large write-ahead log takes its time, and events must not wait for it.
func (u *upkeep) begin(job func(context.Context) error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.atWork || u.ctx.Err() != nil {
		return
	}
	u.atWork = true
	u.jobs.Go(func() {
		_ = job(u.ctx) // noted where it writes
		u.mu.Lock()
		u.atWork = false
		u.mu.Unlock()
	})
}

// note remembers how writing went, and says what is new about it.
func (u *upkeep) note(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.ctx.Err() != nil:
		return
	case !sqlitedb.IsBusy(err):
		u.err, u.locked = err, time.Time{}
	case u.locked.IsZero():
		u.locked = time.Now()
	}
	u.last = time.Now()
	trouble := u.trouble()
	switch {
	case trouble != nil && !u.said:
		u.logger.Warn("the database can not be written to; trying again", slog.Any("error", trouble))
	case trouble == nil && u.said:
		u.logger.Info("the database can be written to again")
	}
	u.said = trouble != nil
}

// due reports whether it is time to see again whether the database can be
// written to.
func (u *upkeep) due() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err != nil || !u.locked.IsZero() || time.Since(u.last) >= tryEvery
}

func (u *upkeep) trouble() error {
	if u.locked.IsZero() {
		return sqlitedb.Explained(u.err)
	}
	if held := time.Since(u.locked); held >= lockPatience {
		return fmt.Errorf("another process has held the write lock for %s, and no agent can write: end that process if it does not end by itself", held.Truncate(time.Second))
	}
	return nil
}

// close waits for what is at work.
func (u *upkeep) close() {
	u.mu.Lock()
	u.cancel()
	u.mu.Unlock()
	u.jobs.Wait()
}

// Trouble tells what is wrong with writing to the host's database: carried
// changes can not be trimmed, or its write-ahead log not be emptied. Changes
// are read all the same. It is safe to call at any time.
func (l *Log) Trouble() error {
	l.upkeep.mu.Lock()
	defer l.upkeep.mu.Unlock()
	return l.upkeep.trouble()
}

var errReadOnly = errors.New("write to host database: this is a read-only attachment")
