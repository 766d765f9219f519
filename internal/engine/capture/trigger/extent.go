package trigger

import (
	"context"
	"database/sql"
	"fmt"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// ReadExtents returns how much of a change log that is carried up to a change
// can be trimmed, and how much waits to be carried.
func ReadExtents(ctx context.Context, q *sql.Conn, carried int64) (trimmable, waiting sqlitedb.Extent, err error) {
	var all int64
	if err = q.QueryRowContext(ctx, `SELECT count(*) FROM cslack_change`).Scan(&all); err == nil {
		trimmable, err = extent(ctx, q, all, `id<?`, carried)
	}
	if err == nil {
		waiting, err = extent(ctx, q, all, `id>?`, carried)
	}
	if err != nil {
		return trimmable, waiting, fmt.Errorf("measure change log: %w", err)
	}
	return trimmable, waiting, nil
}

func extent(ctx context.Context, q *sql.Conn, all int64, where string, carried int64) (e sqlitedb.Extent, err error) {
	var oldest, newest sql.NullFloat64
	err = q.QueryRowContext(ctx, `SELECT count(*),min(at),max(at) FROM cslack_change WHERE `+where, carried).Scan(&e.Rows, &oldest, &newest)
	if err != nil || e.Rows == 0 {
		return e, err
	}
	e.Oldest, e.Newest = claudeslack.JulianTime(oldest.Float64), claudeslack.JulianTime(newest.Float64)
	e.Bytes, err = sqlitedb.Share(ctx, q, e.Rows, all, "cslack_change")
	return e, err
}
