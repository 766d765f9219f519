package poll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// Most commits change nothing that matters: the host notes every call of a
// tool. So a look first asks SQLite for one text of each table that holds all
// values that matter, and reads the table only if the text is another than
// before. That costs a quarter of reading everything, and is exact.

// digests are the texts of the small tables, in the order of digested.
type digests [len(digested)]string

// digested are the small tables, their digests, and what else reading them
// takes.
var digested = [...]struct {
	name, query string
	with        []string
}{
	{"agents", agentsDigest, nil},
	{"project_links", digest("project_links", "project_a_id", "project_b_id", "enabled"), []string{"projects"}},
	{"channels", digest("channels", "id", "name", "description", "access_type", "scope", "project_id", "topic_required", "default_topic", "channel_metadata", "is_default", "is_archived"), nil},
	{"channel_members", digest("channel_members", "channel_id", "agent_name", "agent_project_id", "opted_out"), nil},
}

// fields makes one text of columns. Each has its length before it, so that no
// two lists of values make the same.
func fields(columns ...string) string {
	for i, c := range columns {
		columns[i] = "ifnull(octet_length(" + c + "),-1)," + c
	}
	return "concat_ws(','," + strings.Join(columns, ",") + ")"
}

func digest(table string, columns ...string) string {
	return "SELECT group_concat(" + fields(columns...) + ") FROM " + table
}

// agentsDigest is of the oldest row of every key. The host adds a row for a
// global agent with each of its messages; these are not walked through.
var agentsDigest = `WITH RECURSIVE n(name) AS (
SELECT min(name) FROM agents UNION ALL SELECT (SELECT min(name) FROM agents WHERE name>n.name) FROM n WHERE n.name IS NOT NULL)
SELECT group_concat(x) FROM (
SELECT ` + fields("a.name", "a.project_id", "a.status", "a.discoverable") + ` x FROM n CROSS JOIN agents a ON a.name=n.name AND a.project_id>=''
UNION ALL
SELECT ` + fields("a.name", "a.project_id", "a.status", "a.discoverable") + ` FROM n CROSS JOIN agents a
ON a.rowid=(SELECT rowid FROM agents g WHERE g.name=n.name AND g.project_id IS NULL ORDER BY rowid LIMIT 1))`

// keptContent is how long the content of a message may be to be kept, and
// compared with every look.
const keptContent = 8 << 10

// windowDigest is of the messages with ?1 < id ≤ ?2. Who wrote the newest of
// them where and when is in it, to tell one history from another.
var windowDigest = `SELECT concat((SELECT group_concat(concat_ws(',',id,octet_length(content),` +
	fmt.Sprintf(`CASE WHEN octet_length(content)<=%d THEN content ELSE edited_at END`, keptContent) +
	`,ifnull(octet_length(metadata),-1),metadata)) FROM messages WHERE id>?1 AND id<=?2),';',(SELECT ` +
	fields("channel_id", "sender_id", "sender_project_id", "timestamp") + ` FROM messages WHERE id=?2))`

// The highest id that a message has had, and the highest of any that is there.
const (
	newestEver = `SELECT max(ifnull((SELECT seq FROM sqlite_sequence WHERE name='messages'),0),ifnull((SELECT max(id) FROM messages),0))`
	newestNow  = `SELECT max(ifnull((SELECT max(id) FROM messages),0),?2)`
)

// state is what one statement tells of all tables.
type state struct {
	newest  int64
	config  int64
	call    int64
	window  string
	digests digests
	// readable says which of the digested tables there are.
	readable [len(digested)]bool
}

// readState reads the state, with the window of messages with
// from < id ≤ newest.
func readState(ctx context.Context, q claudeslack.Queryer, g claudeslack.Generation, from, newest int64) (state, error) {
	st, err := readStateWith(ctx, q, g, newestEver, from, newest)
	if sqlitedb.Code(err) == 1 && !g.Known {
		// Without a sequence, ids come again, and only the rows can tell
		// whether the database is another one.
		return readStateWith(ctx, q, g, newestNow, from, newest)
	}
	return st, err
}

func readStateWith(ctx context.Context, q claudeslack.Queryer, g claudeslack.Generation, newestQuery string, from, newest int64) (st state, err error) {
	var window sql.NullString
	var texts [len(digested)]sql.NullString
	var config, call sql.NullInt64
	columns := []string{newestQuery, windowDigest, "SELECT NULL", "SELECT NULL"}
	if g.Has("config_sync_history") {
		columns[2] = `SELECT max(id) FROM config_sync_history`
	}
	if g.RecordsCalls() {
		columns[3] = `SELECT max(id) FROM tool_calls`
	}
	targets := []any{&st.newest, &window, &config, &call}
	for i, t := range digested {
		column := "SELECT NULL"
		if g.Has(t.name) && (t.with == nil || g.Has(t.with[0])) {
			column, st.readable[i] = t.query, true
		}
		columns = append(columns, column)
		targets = append(targets, &texts[i])
	}
	if err := readRow(ctx, q, "SELECT ("+strings.Join(columns, "),(")+")", []any{from, newest}, targets...); err != nil {
		return state{}, err
	}
	st.window, st.config, st.call = window.String, config.Int64, call.Int64
	for i, t := range texts {
		st.digests[i] = t.String
	}
	return st, nil
}

// readWindow reads the digest of the messages with from < id ≤ newest.
func readWindow(ctx context.Context, q claudeslack.Queryer, from, newest int64) (string, error) {
	var window string
	err := readRow(ctx, q, windowDigest, []any{from, newest}, &window)
	return window, err
}

// readRow reads the single row of a query.
func readRow(ctx context.Context, q claudeslack.Queryer, query string, args []any, targets ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("look at host tables: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return fmt.Errorf("look at host tables: %w", err)
		}
		return errors.New("look at host tables: no row")
	}
	if err := rows.Scan(targets...); err != nil {
		return fmt.Errorf("look at host tables: %w", err)
	}
	return rows.Err()
}
