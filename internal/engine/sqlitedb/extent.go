package sqlitedb

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Extent is how much some rows of a table are.
type Extent struct {
	Rows int64
	// Bytes is about what they take in the file.
	Bytes int64
	// Oldest and Newest are their times; zero if there are none.
	Oldest, Newest time.Time
}

// String says it for people: how many rows are counted elsewhere.
func (e Extent) String() string {
	if e.Rows == 0 {
		return "none"
	}
	const form = "2006-01-02 15:04"
	return fmt.Sprintf("about %s, of %s to %s", size(e.Bytes), e.Oldest.Local().Format(form), e.Newest.Local().Format(form))
}

// size is a number of bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// Share is what rows of a table with all rows take of the pages of its
// b-trees, which are those of the table and of its indexes.
func Share(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, rows, all int64, btrees ...string,
) (int64, error) {
	if all == 0 {
		return 0, nil
	}
	var total int64
	for _, name := range btrees {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT coalesce(sum(pgsize),0) FROM dbstat WHERE name=? AND aggregate=1`, name).Scan(&n); err != nil {
			return 0, err
		}
		total += n
	}
	return int64(float64(total) * float64(rows) / float64(all)), nil
}
