// Package author writes into a Claude-Slack workspace as its agents, by the
// host's own rules: who may write where, how ids are formed, how times are
// kept. All writes of a process go through one connection, so that they are
// batched under load and never wait for each other's locks.
package author

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/act"
	"cslack-stream/internal/engine/sqlitedb"
)

// DefaultBatch is how many operations one transaction holds at most.
const DefaultBatch = 100

// Options configure an Author. The zero value of all but Path is useful.
type Options struct {
	// Path is the host's database. It is never created.
	Path string
	// Batch is the most operations of one transaction; DefaultBatch if 0.
	Batch int
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Author writes as the agents of one workspace. It is safe for concurrent
// use.
type Author struct {
	opts  Options
	queue chan *request
	stop  chan struct{} // closed by Close
	done  chan struct{} // closed when the connection is

	closeErr error // set before done is closed
}

// request is an operation that somebody waits for.
type request struct {
	ctx    context.Context
	as     event.Agent
	op     act.Op
	result act.Result
	err    error
	done   chan struct{}
}

// Open opens the database for writing. It returns a *claudeslack.SchemaError
// for a database that is not of a known generation.
func Open(ctx context.Context, opts Options) (*Author, error) {
	if opts.Batch <= 0 {
		opts.Batch = DefaultBatch
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	db, conn, err := sqlitedb.Conn(ctx, opts.Path, sqlitedb.ReadWrite, "journal_mode(WAL)", "foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	generation, err := claudeslack.Recognise(ctx, conn)
	if err == nil && !generation.Known {
		err = &claudeslack.SchemaError{
			Found:  fmt.Sprintf("%s has an unknown schema", opts.Path),
			Remedy: "this build writes to v3.0 to v4.1 only: use a newer one",
		}
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	a := &Author{opts: opts, queue: make(chan *request), stop: make(chan struct{}), done: make(chan struct{})}
	go a.run(context.WithoutCancel(ctx), db, conn)
	return a, nil
}

// Close waits for the writes at work and closes the connection. Do returns
// event.ErrClosed afterwards.
func (a *Author) Close() error {
	select {
	case <-a.stop:
	default:
		close(a.stop)
	}
	<-a.done
	return a.closeErr
}

// Do implements act.Actor. If ctx is done before the operation has begun,
// nothing was changed; afterwards Do waits for the end, for as long as SQLite
// waits for locks.
func (a *Author) Do(ctx context.Context, as event.Agent, op act.Op) (act.Result, error) {
	if err := ctx.Err(); err != nil {
		return act.Result{}, err
	}
	r := &request{ctx: ctx, as: as, op: op, done: make(chan struct{})}
	select {
	case a.queue <- r:
	case <-ctx.Done():
		return act.Result{}, ctx.Err()
	case <-a.stop:
		return act.Result{}, event.ErrClosed
	}
	<-r.done
	return r.result, r.err
}

// run takes what is asked for, as much as there is at a time, and writes it.
func (a *Author) run(ctx context.Context, db *sql.DB, conn *sql.Conn) {
	t := &tx{ctx: ctx, conn: conn, statements: make(map[string]*sql.Stmt), now: a.opts.Now}
	defer func() {
		a.closeErr = errors.Join(t.close(), conn.Close(), db.Close())
		close(a.done)
	}()
	for {
		select {
		case first := <-a.queue:
			batch := a.collect(first)
			t.write(batch)
			for _, r := range batch {
				close(r.done)
			}
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
