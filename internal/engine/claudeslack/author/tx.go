package author

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/sqlitedb"
)

// tx is the connection with which an Author writes, and its prepared
// statements. It is open while there is something to write.
type tx struct {
	// ctx is never done: writes are not cut off half way, whoever gives up
	// waiting for them.
	ctx  context.Context
	path string
	now  func() time.Time
	Transactor

	file       os.FileInfo // what is open
	db         *sql.DB
	conn       *sql.Conn // nil while nothing is open
	statements map[string]*sql.Stmt
}

// open opens the database, unless the file that is open is still the one at
// its path.
func (t *tx) open() error {
	file, err := os.Stat(t.path)
	if err != nil {
		return fmt.Errorf("open workspace: %w", err)
	}
	if t.conn != nil && os.SameFile(file, t.file) {
		return nil
	}
	if err := t.close(); err != nil {
		return err
	}
	if t.db, t.conn, err = sqlitedb.Conn(t.ctx, t.path, sqlitedb.ReadWrite, "journal_mode(WAL)", "foreign_keys(1)"); err != nil {
		return err
	}
	t.file, t.statements = file, make(map[string]*sql.Stmt)
	generation, err := claudeslack.Recognise(t.ctx, t.conn)
	if err == nil && !generation.Known {
		err = &claudeslack.SchemaError{
			Found:  t.path + " has an unknown schema",
			Remedy: "this build writes to v3.0 to v4.1 only: use a newer one",
		}
	}
	if err != nil {
		return errors.Join(err, t.close())
	}
	return nil
}

// close closes what is open.
func (t *tx) close() error {
	if t.conn == nil {
		return nil
	}
	var err error
	for _, s := range t.statements {
		err = errors.Join(err, s.Close())
	}
	err = errors.Join(err, t.conn.Close(), t.db.Close())
	t.conn, t.db, t.statements, t.file = nil, nil, nil, nil
	return err
}

// write does all of a batch in one transaction. What the rules refuse is
// undone alone; what keeps the transaction from being committed is the error
// of all.
func (t *tx) write(batch []*request) {
	err := t.open()
	if err == nil {
		err = t.Transact(t.ctx, t.conn, func() error {
			for _, r := range batch {
				if r.err = r.ctx.Err(); r.err != nil {
					continue
				}
				if err := t.apply(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil {
		return
	}
	if sqlitedb.IsBusy(err) {
		err = fmt.Errorf("%w: another process holds the write lock: %w", event.ErrUnavailable, err)
	}
	for _, r := range batch {
		if r.err == nil {
			r.result, r.err = action.Result{}, fmt.Errorf("write to workspace: %w", err)
		}
	}
}

// apply does one operation, or nothing of it. The error is one of the whole
// transaction.
func (t *tx) apply(r *request) error {
	mark := t.Mark()
	if err := t.exec("SAVEPOINT op"); err != nil {
		return err
	}
	r.result, r.err = t.do(r.as, r.op)
	if r.err != nil {
		r.result = action.Result{}
		if err := t.exec("ROLLBACK TO op"); err != nil {
			return err
		}
		t.Undo(mark)
		if _, refused := errors.AsType[*action.RefusedError](r.err); !refused {
			r.err = fmt.Errorf("write to workspace: %w", r.err)
		}
	}
	return t.exec("RELEASE op")
}

// prepared returns a statement that is prepared once.
func (t *tx) prepared(query string) (*sql.Stmt, error) {
	if s := t.statements[query]; s != nil {
		return s, nil
	}
	s, err := t.conn.PrepareContext(t.ctx, query)
	if err == nil {
		t.statements[query] = s
	}
	return s, err
}

// exec runs a statement.
func (t *tx) exec(query string, args ...any) error {
	_, err := t.run(query, args...)
	return err
}

func (t *tx) run(query string, args ...any) (sql.Result, error) {
	s, err := t.prepared(query) //nolint:sqlclosecheck // kept, and closed with the connection
	if err != nil {
		return nil, err
	}
	mark := t.Mark()
	res, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		t.Undo(mark)
	}
	return res, err
}

// row reads the first row of a query into dest, and reports whether there is
// one.
func (t *tx) row(query string, args []any, dest ...any) (bool, error) {
	s, err := t.prepared(query) //nolint:sqlclosecheck // kept, and closed with the connection
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(t.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// time is now as the host keeps times: seconds, with a fraction.
func (t *tx) time() float64 { return float64(t.now().UnixMicro()) / 1e6 }

// project is an agent's project as the host's tables have it: NULL for a
// global agent.
func project(a event.Agent) *string {
	if a.Project == "" {
		return nil
	}
	return &a.Project
}
