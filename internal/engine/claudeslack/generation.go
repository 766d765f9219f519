package claudeslack

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Queryer is what reading needs of a connection or transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Generation is a generation of the host's schema.
type Generation struct {
	// Name is how the host's releases call it.
	Name string
	// Known tells whether every table and column that capture needs is there.
	// If not, only Tables can be read, and nothing may be installed.
	Known bool
	// Tables are the host's tables that have all the columns we read.
	Tables []string
	// Missing says what an unknown generation lacks; Partial tells that whole
	// tables are among it.
	Missing []string
	Partial bool
}

// Has reports whether a table can be read.
func (g Generation) Has(table string) bool { return slices.Contains(g.Tables, table) }

// RecordsCalls reports whether the calls of the host's tools can be read.
func (g Generation) RecordsCalls() bool { return g.Has(callsTable) }

// SchemaError says that a database is not one that we can read.
type SchemaError struct {
	Found  string // what it is
	Remedy string // what to do
	// Empty tells that it holds nothing, Partial that it lacks whole tables
	// beside others of Claude-Slack's: it may be about to make them.
	Empty, Partial bool
}

// Error says both in one line.
func (e *SchemaError) Error() string { return e.Found + ": " + e.Remedy }

// required are the tables and columns that we read. Both supported
// generations, v3.0 to v4.1.1 and v4.1.2 to v4.1.4, have them; they differ
// only in how times are declared.
var required = []struct {
	table   string
	columns []string
}{
	{"messages", []string{"id", "channel_id", "sender_id", "sender_project_id", "content", "topic_name", "thread_id", "timestamp", "is_edited", "edited_at", "confidence", "metadata"}},
	{"channels", []string{"id", "channel_type", "access_type", "project_id", "scope", "name", "description", "topic_required", "default_topic", "channel_metadata", "created_by", "created_by_project_id", "created_at", "is_default", "is_archived"}},
	{"channel_members", []string{"channel_id", "agent_name", "agent_project_id", "invited_by", "joined_at", "source", "can_leave", "can_send", "can_invite", "can_manage", "opted_out"}},
	{"agents", []string{"name", "project_id", "description", "status", "current_project_id", "dm_policy", "discoverable", "last_active", "created_at"}},
	{"projects", []string{"id", "name"}},
	{"project_links", []string{"project_a_id", "project_b_id", "link_type", "enabled"}},
	{"config_sync_history", []string{"id", "config_hash", "scope", "project_id", "success", "applied_at", "actions_taken"}},
}

// calls are the tables and columns that an agent is seen checking by. Capture
// does without where a database lacks one of them.
var calls = []struct {
	table   string
	columns []string
}{
	{"sessions", []string{"id", "project_id", "project_path"}},
	{callsTable, []string{"id", "session_id", "tool_name", "tool_inputs", "called_at"}},
}

const callsTable = "tool_calls"

// RecordsCalls reports whether the database has all that is read of the calls
// of the host's tools.
func RecordsCalls(ctx context.Context, q Queryer) (bool, error) {
	columns, err := readColumns(ctx, q)
	return err == nil && recordsCalls(columns), err
}

func recordsCalls(columns map[string]map[string]string) bool {
	for _, r := range calls {
		for _, c := range r.columns {
			if _, ok := columns[r.table][c]; !ok {
				return false
			}
		}
	}
	return true
}

// Recognise tells which generation the database has. It returns a
// *SchemaError for a database that is older than v3.0, empty, or not the
// host's at all.
func Recognise(ctx context.Context, q Queryer) (Generation, error) {
	columns, err := readColumns(ctx, q)
	if err != nil {
		return Generation{}, err
	}
	if err := refuse(columns); err != nil {
		return Generation{}, err
	}
	g := Generation{Name: "v4.1.2 to v4.1.4", Known: true}
	for _, r := range required {
		var missing []string
		for _, c := range r.columns {
			if _, ok := columns[r.table][c]; !ok {
				missing = append(missing, r.table+"."+c)
			}
		}
		if missing == nil {
			g.Tables = append(g.Tables, r.table)
		}
		g.Missing = append(g.Missing, missing...)
		g.Partial = g.Partial || columns[r.table] == nil
	}
	if recordsCalls(columns) {
		g.Tables = append(g.Tables, callsTable)
	}
	switch {
	case g.Missing != nil:
		g.Name, g.Known = "unknown", false
	case strings.EqualFold(columns["messages"]["timestamp"], "TIMESTAMP"):
		g.Name = "v3.0 to v4.1.1"
	}
	if !g.Has("messages") {
		return Generation{}, &SchemaError{
			Found:  "the table messages lacks " + strings.Join(g.Missing, ", "),
			Remedy: "this build knows Claude-Slack v3.0 to v4.1; see cslack-stream version for a newer one",
		}
	}
	return g, nil
}

// readColumns returns table → column → declared type.
func readColumns(ctx context.Context, q Queryer) (map[string]map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type='table'`)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	defer rows.Close()
	columns := make(map[string]map[string]string)
	for rows.Next() {
		var table, column, typ string
		if err := rows.Scan(&table, &column, &typ); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		if columns[table] == nil {
			columns[table] = make(map[string]string)
		}
		columns[table][column] = typ
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return columns, nil
}

// refuse names what we can not read at all.
func refuse(columns map[string]map[string]string) error {
	has := func(table, column string) bool { _, ok := columns[table][column]; return ok }
	const update = "this build knows v3.0 to v4.1; update Claude-Slack (npx claude-slack) and start it once"
	_, members := columns["channel_members"]
	switch {
	case len(columns) == 0:
		return &SchemaError{
			Found:  "the database is empty",
			Remedy: "Claude-Slack creates its tables only in a file that does not exist yet; remove the empty file and start Claude-Slack",
			Empty:  true,
		}
	case columns["messages"] == nil:
		return &SchemaError{Found: "this is a SQLite database, but not Claude-Slack's: it has no table messages", Remedy: "give its database with --db PATH", Partial: members || columns["channels"] != nil || columns["agents"] != nil || columns["projects"] != nil}
	case has("messages", "recipient_id") && !members:
		return &SchemaError{Found: "the database has the schema of Claude-Slack v1", Remedy: update}
	case columns["subscriptions"] != nil && !members:
		return &SchemaError{Found: "the database has the schema of Claude-Slack v2", Remedy: update}
	case columns["subscriptions"] != nil, has("channel_members", "role"):
		return &SchemaError{Found: "the database has a schema from before Claude-Slack v3.0", Remedy: update}
	}
	return nil
}
