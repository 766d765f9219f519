package hook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cslack-stream/internal/engine/claudeslack"
)

// seal makes changes of what was recorded, in its order. It runs before the
// commit: what the tables say is what the transaction leaves. It returns nil
// if the records do not tell everything.
//
// The truth about a key after a row was written is found backwards from the
// truth at the end: SQLite can not be asked for it in between.
func (r *Recorder) seal(ctx context.Context) ([]claudeslack.Row, error) {
	if cut, err := r.cut(ctx); err != nil || cut {
		return nil, err
	}
	r.records = afterNested(r.records)
	findReplaced(r.records)
	truth, err := r.truth(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]claudeslack.Row, 0, len(r.records)) // not nil: no changes is an answer
	for i := len(r.records) - 1; i >= 0; i-- {
		rec := &r.records[i]
		if row := rec.change(truth); row != nil && !rec.replaced {
			rows = append(rows, row)
		}
		truth.undo(rec)
	}
	slices.Reverse(rows)
	return rows, nil
}

// afterNested puts every record behind those of the rows that it has drawn
// along, such as the members of a channel that is deleted: they are gone when
// it is, and the triggers note them first.
func afterNested(records []record) []record {
	out, open := make([]record, 0, len(records)), []record(nil)
	closeFrom := func(depth, statement int) {
		for n := len(open) - 1; n >= 0 && (open[n].depth >= depth || open[n].statement != statement); n-- {
			out, open = append(out, open[n]), open[:n]
		}
	}
	for _, rec := range records {
		closeFrom(rec.depth, rec.statement)
		open = append(open, rec)
	}
	closeFrom(0, 0)
	return out
}

// findReplaced finds the rows that an INSERT OR REPLACE has removed: of those
// no delete trigger tells either. No other statement first removes rows of a
// table and then writes some.
func findReplaced(records []record) {
	type place struct {
		table            string
		statement, depth int
	}
	written := make(map[place]*record)
	for i := len(records) - 1; i >= 0; i-- {
		rec := &records[i]
		at := place{rec.table, rec.statement, rec.depth}
		if rec.op != deleted {
			written[at] = rec
		} else if by := written[at]; by != nil {
			rec.replaced, by.replaces = true, rec.old
		}
	}
}

// checkable is how many messages a transaction may write to be looked through.
const checkable = 1000

// cut reports whether a message holds a NUL: the driver gives the hook only
// what is before it. Of very many messages it supposes so.
func (r *Recorder) cut(ctx context.Context) (cut bool, err error) {
	var ids []any
	for _, rec := range r.records {
		if rec.table == "messages" && rec.new != nil {
			ids = append(ids, rec.is)
		}
	}
	if len(ids) == 0 || len(ids) > checkable {
		return len(ids) > 0, nil
	}
	query := `SELECT EXISTS(SELECT 1 FROM messages WHERE id IN (?` + strings.Repeat(",?", len(ids)-1) + `) AND (instr(content,char(0)) OR instr(metadata,char(0))))`
	if err := r.conn.QueryRowContext(ctx, query, ids...).Scan(&cut); err != nil {
		return false, fmt.Errorf("read host tables: %w", err)
	}
	return cut, nil
}
