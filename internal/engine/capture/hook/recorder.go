package hook

import (
	"context"
	"database/sql"
	"fmt"

	"modernc.org/sqlite"

	"cslack-stream/internal/engine/claudeslack"
)

// Writer gives a transaction of this process its place among the commits of
// others: a *poll.Poller.
type Writer interface {
	// Write runs write in a transaction on c. The rows that it returns are its
	// changes; if it returns nil, it has to be found out what they are.
	Write(ctx context.Context, c *sql.Conn, write func() ([]claudeslack.Row, error)) error
}

// Recorder runs transactions and captures what they write, row by row, with
// the same meaning that the triggers give to it. It is for one goroutine.
//
// SQLite's pre-update hook tells of rows, not of commits (pipeline rule 16):
// it takes back neither what a failed statement wrote nor what a savepoint
// did that is rolled back. Mark and Undo do.
type Recorder struct {
	writer Writer

	conn    *sql.Conn // what the hook is on
	layout  int64     // its schema_version when columns were looked up
	columns map[string][]int

	records   []record
	statement int
	err       error // the first of reading a row
}

// record is a row that the hook was told of.
type record struct {
	table     string
	op        int32
	statement int
	depth     int
	was, is   int64 // rowids
	// old and new are in the order of claudeslack.Columns; nil if there is no
	// such row.
	old, new []any
	// replaced: an INSERT OR REPLACE has removed the row. The record of the
	// new one has in replaces what was in it.
	replaced bool
	replaces []any
}

// The operations that the hook knows, as SQLite numbers them.
const (
	deleted  = 9
	inserted = 18
	updated  = 23
)

// NewRecorder returns a Recorder whose transactions w gives their place.
func NewRecorder(w Writer) *Recorder { return &Recorder{writer: w} }

// Transact runs write in a transaction on c and hands over what it changed,
// once it is committed. Whatever keeps it from being recorded does not keep it
// from being made: then it can be found out.
func (r *Recorder) Transact(ctx context.Context, c *sql.Conn, write func() error) error {
	return r.writer.Write(ctx, c, func() ([]claudeslack.Row, error) {
		blind := r.begin(ctx, c)
		if err := write(); err != nil {
			return nil, err
		}
		if blind != nil || r.err != nil {
			return nil, nil
		}
		rows, err := r.seal(ctx)
		if err != nil {
			return nil, nil //nolint:nilerr // the write itself is fine
		}
		return rows, nil
	})
}

// Mark notes the place before a statement or a savepoint.
func (r *Recorder) Mark() int {
	r.statement++
	return len(r.records)
}

// Undo forgets what was recorded behind a mark. A statement that keeps what it
// wrote before it failed (OR FAIL) must not be run.
func (r *Recorder) Undo(mark int) {
	clear(r.records[mark:])
	r.records = r.records[:mark]
}

// begin forgets the transaction before and makes sure of the hook.
func (r *Recorder) begin(ctx context.Context, c *sql.Conn) error {
	r.Undo(0)
	r.err = nil
	var layout int64
	if err := c.QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&layout); err != nil {
		return fmt.Errorf("look at host schema: %w", err)
	}
	if r.conn == c && r.layout == layout {
		return nil
	}
	columns, err := positions(ctx, c)
	if err != nil {
		return err
	}
	if r.conn != c {
		if err := c.Raw(r.hookInto); err != nil {
			return err
		}
	}
	r.conn, r.columns, r.layout = c, columns, layout
	return nil
}

func (r *Recorder) hookInto(driver any) error {
	h, ok := driver.(sqlite.HookRegisterer)
	if !ok {
		return fmt.Errorf("hook into %T: it has no hooks", driver)
	}
	h.RegisterPreUpdateHook(r.record)
	return nil
}

// positions returns where in a row of a table its columns are that are read.
func positions(ctx context.Context, c *sql.Conn) (map[string][]int, error) {
	out := make(map[string][]int)
	for _, table := range tables {
		for _, column := range claudeslack.Columns(table) {
			var cid int
			if err := c.QueryRowContext(ctx, `SELECT cid FROM pragma_table_info(?) WHERE name=?`, table, column).Scan(&cid); err != nil {
				return nil, fmt.Errorf("look at host schema: find column %s of %s: %w", column, table, err)
			}
			out[table] = append(out[table], cid)
		}
	}
	return out, nil
}

// record is the hook. SQLite is in the middle of a statement: it must not be
// asked for anything but the row.
func (r *Recorder) record(d sqlite.SQLitePreUpdateData) {
	at := r.columns[d.TableName]
	if at == nil || d.DatabaseName != "main" {
		return
	}
	rec := record{table: d.TableName, op: d.Op, statement: r.statement, depth: d.Depth(), was: d.OldRowID, is: d.NewRowID}
	if d.Op != inserted {
		rec.old = r.read(d.Old, d.Count(), at)
	}
	if d.Op != deleted {
		rec.new = r.read(d.New, d.Count(), at)
	}
	r.records = append(r.records, rec)
}

func (r *Recorder) read(row func(...any) error, count int, at []int) []any {
	values := make([]any, count)
	if err := row(values...); err != nil && r.err == nil {
		r.err = err
	}
	out := make([]any, len(at))
	for i, column := range at {
		if column < len(values) {
			out[i] = values[column]
		}
	}
	return out
}
