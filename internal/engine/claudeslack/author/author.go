// Package author writes into a Claude-Slack workspace as its agents, by the
// host's own rules: who may write where, how ids are formed, how times are
// kept. All writes of a process go through one connection, so that they are
// batched under load and never wait for each other's locks.
package author

import (
	"cmp"
	"context"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// The bounds of an Author unless Options say otherwise.
const (
	// DefaultBatch is how many operations one transaction holds at most.
	DefaultBatch = 100
	// DefaultIdle is how long the connection stays open without a write.
	DefaultIdle = time.Second
)

// Options configure an Author. The zero value of all but Path is useful.
type Options struct {
	// Path is the host's database. It is never created.
	Path string
	// Batch is the most operations of one transaction; DefaultBatch if 0.
	Batch int
	// Idle is how long the connection stays open without a write, so that
	// whoever replaces the file finds nobody in it; DefaultIdle if 0.
	Idle time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Transactor runs the transactions; plain ones if nil.
	Transactor Transactor
}

// Author writes as the agents of one workspace. It is an action.Actor, safe for
// concurrent use.
type Author struct {
	opts  Options
	queue chan *request
	stop  chan struct{} // closed by Close
	once  sync.Once
	done  chan struct{} // closed when nothing is open any more

	closeErr error // set before done is closed
}

// request is an operation that somebody waits for.
type request struct {
	ctx    context.Context
	as     event.Agent
	op     action.Op
	result action.Result
	err    error
	done   chan struct{}
}

// New returns an Author that opens the database with its first write.
func New(opts Options) *Author {
	opts.Batch = cmp.Or(opts.Batch, DefaultBatch)
	opts.Idle = cmp.Or(opts.Idle, DefaultIdle)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Transactor == nil {
		opts.Transactor = plain{}
	}
	a := &Author{opts: opts, queue: make(chan *request), stop: make(chan struct{}), done: make(chan struct{})}
	go a.run()
	return a
}

// Close waits for the writes at work and closes the connection. Do returns
// event.ErrClosed afterwards.
func (a *Author) Close() error {
	a.once.Do(func() { close(a.stop) })
	<-a.done
	return a.closeErr
}

// Do implements action.Actor. It returns a *claudeslack.SchemaError if the
// database is not of a known generation. If ctx is done before the operation
// has begun, nothing was changed; afterwards Do waits for the end, for as long
// as SQLite waits for locks.
func (a *Author) Do(ctx context.Context, as event.Agent, op action.Op) (action.Result, error) {
	if err := ctx.Err(); err != nil {
		return action.Result{}, err
	}
	r := &request{ctx: ctx, as: as, op: op, done: make(chan struct{})}
	select {
	case a.queue <- r:
	case <-ctx.Done():
		return action.Result{}, ctx.Err()
	case <-a.stop:
		return action.Result{}, event.ErrClosed
	}
	<-r.done
	return r.result, r.err
}

// run takes what is asked for, as much as there is at a time, and writes it.
func (a *Author) run() {
	t := &tx{ctx: context.Background(), path: a.opts.Path, now: a.opts.Now, Transactor: a.opts.Transactor}
	defer func() {
		a.closeErr = t.close()
		close(a.done)
	}()
	idle := time.NewTimer(a.opts.Idle)
	defer idle.Stop()
	for {
		select {
		case first := <-a.queue:
			batch := a.collect(first)
			t.write(batch)
			for _, r := range batch {
				close(r.done)
			}
			idle.Reset(a.opts.Idle)
		case <-idle.C:
			_ = t.close() // the next write opens it anew, and says what is wrong
		case <-a.stop:
			return
		}
	}
}

// collect returns first and those that wait already: nobody waits for more to
// come.
func (a *Author) collect(first *request) []*request {
	batch := []*request{first}
	for len(batch) < a.opts.Batch {
		select {
		case r := <-a.queue:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}
