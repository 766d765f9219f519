package trigger_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/claudeslack/schema"
	"cslack-stream/internal/engine/sqlitedb"
)

// asText is a row as text in which NULL, numbers and text are told apart.
func asText(values []any) string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			out = append(out, "NULL")
		case []byte:
			out = append(out, string(v))
		default:
			out = append(out, fmt.Sprint(v))
		}
	}
	return "[" + strings.Join(out, " ") + "]"
}

// outcome is what a statement of the host comes to.
type outcome struct {
	SQL     string   `json:"sql"`
	LastID  *int64   `json:"last_id"`
	Rows    int64    `json:"rows"`
	Changes int64    `json:"changes"` // what changes() says then
	Got     []string `json:"got"`
	Err     string   `json:"err"`
}

// host is a program that runs the host's statements on a connection.
type host func(t *testing.T, db string, pragmas, statements []string) []outcome

// python is the host's own SQLite: that of Python.
func python(t *testing.T, db string, pragmas, statements []string) []outcome {
	t.Helper()
	program, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3, whose sqlite3 the host uses, is not at hand")
	}
	in, err := json.Marshal(map[string]any{"db": db, "pragmas": append([]string{}, pragmas...), "statements": statements})
	if err != nil {
		t.Fatal(err)
	}
	script := t.TempDir() + "/host.py"
	if err := os.WriteFile(script, []byte(hostScript), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, script)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v", err)
	}
	var out []outcome
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// hostScript runs statements as the host does, and says what comes of each.
const hostScript = `
import json, sqlite3, sys
job = json.load(sys.stdin)
db = sqlite3.connect(job["db"], isolation_level=None)
for p in ["journal_mode=WAL", "foreign_keys=ON", "synchronous=OFF"] + job["pragmas"]:
    db.execute("PRAGMA " + p).fetchall()
out = []
for sql in job["statements"]:
    o = {"sql": sql, "err": "", "got": []}
    cur = db.cursor()
    try:
        if sql.startswith("many:"):
            cur.executemany(sql[5:], [(f"many {i}",) for i in range(3)])
        else:
            cur.execute(sql)
            o["got"] = [repr(row) for row in cur.fetchall()]
        o["last_id"] = cur.lastrowid
        o["rows"] = cur.rowcount
    except sqlite3.Error as e:
        o["err"] = f"{type(e).__name__} {e}"
    try:
        o["changes"] = db.execute("SELECT changes()").fetchone()[0]
    except sqlite3.Error as e:
        o["err"] += f" changes: {e}"
    out.append(o)
db.close()
json.dump(out, sys.stdout)
`

// modernc is the SQLite of this program, and of the demo's writers.
func modernc(t *testing.T, db string, pragmas, statements []string) (out []outcome) {
	t.Helper()
	options := []string{"journal_mode(WAL)", "foreign_keys(ON)", "synchronous(OFF)"}
	for _, p := range pragmas {
		name, value, _ := strings.Cut(p, "=")
		options = append(options, name+"("+value+")")
	}
	h, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadWrite, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	defer c.Close()
	for _, s := range statements {
		out = append(out, runModernc(t.Context(), c, strings.TrimPrefix(s, "many:")))
	}
	return out
}

func runModernc(ctx context.Context, c *sql.Conn, statement string) outcome {
	o := outcome{SQL: statement}
	var err error
	if strings.Contains(statement, "RETURNING") {
		o.Got, err = queryRows(ctx, c, statement)
	} else {
		args := make([]any, strings.Count(statement, "?"))
		var res sql.Result
		for i := range args {
			args[i] = "many"
		}
		if res, err = c.ExecContext(ctx, statement, args...); err == nil {
			o.Rows, _ = res.RowsAffected()
			id, _ := res.LastInsertId()
			o.LastID = &id
		}
	}
	if err != nil {
		o.Err = err.Error()
	}
	if err := c.QueryRowContext(ctx, `SELECT changes()`).Scan(&o.Changes); err != nil {
		o.Err += " changes: " + err.Error()
	}
	return o
}

// hostStatements are statements of every kind on every captured table, those
// that fail included.
var hostStatements = append(slices.Clone(world),
	`INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','one') RETURNING id,content`,
	`INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','two'),('global:general','bob','three')`,
	`many:INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob',?)`,
	`UPDATE messages SET content=content||'!' WHERE id<3`,
	`UPDATE messages SET content=content WHERE id<3`,
	`UPDATE messages SET metadata='{"broken' WHERE id=2`,
	`UPDATE messages SET metadata=x'00ff' WHERE id=3`,
	`UPDATE messages SET content='x',is_edited=TRUE WHERE id=1 RETURNING id,is_edited`,
	`INSERT INTO messages(channel_id,sender_id,content) VALUES('nowhere','bob','x')`,
	`INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob',NULL)`,
	`INSERT INTO messages(id,channel_id,sender_id,content) VALUES(1,'global:general','bob','x')`,
	`INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general',NULL,'y')`,
	`INSERT OR IGNORE INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general',NULL,'y')`,
	`INSERT OR FAIL INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general',NULL,'y')`,
	`INSERT OR ROLLBACK INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','x'),('global:general',NULL,'y')`,
	`BEGIN`, `INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','gone')`, `SAVEPOINT s`, `DELETE FROM messages`, `ROLLBACK TO s`, `ROLLBACK`,
	`DELETE FROM messages WHERE id=4 RETURNING id`,
	`DELETE FROM messages WHERE id=4000`,
	`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('bob','p','online')`,
	`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('bob','p','busy') RETURNING rowid,name`,
	`INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('gina',NULL,'online')`,
	`INSERT OR IGNORE INTO agents(name,project_id,status) VALUES('bob','p','x')`,
	`INSERT INTO agents(name,project_id) VALUES('bob','p')`,
	`INSERT INTO agents(name,project_id) VALUES('x','nowhere')`,
	`INSERT INTO agents(name,project_id,dm_policy) VALUES('x','p','nonsense')`,
	`INSERT INTO agents(name,project_id,status) VALUES('bob','p','z') ON CONFLICT(name,project_id) DO UPDATE SET status=excluded.status RETURNING status`,
	`UPDATE agents SET status='away' WHERE name='gina'`,
	`UPDATE agents SET discoverable='nonsense'`,
	`DELETE FROM agents WHERE rowid=(SELECT max(rowid) FROM agents WHERE name='gina')`,
	`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('nowhere','alice','p')`,
	`INSERT OR IGNORE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p'),('global:general','new','p')`,
	`UPDATE channel_members SET opted_out=TRUE WHERE agent_name='new' RETURNING agent_name,opted_out`,
	`UPDATE channel_members SET is_muted=TRUE`,
	`DELETE FROM channel_members WHERE agent_name IN('new','gina')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name,created_by,created_by_project_id) VALUES('global:dev','channel','members','global','dev','bob','p') RETURNING id`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('global:dev','channel','open','global','dev')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name,project_id) VALUES('x','channel','open','project','x','nowhere')`,
	`UPDATE channels SET description='d',is_archived=TRUE WHERE id='global:dev'`,
	`UPDATE channels SET access_type='nonsense'`,
	`DELETE FROM channels WHERE id='global:general'`, // its messages are in the way
	`DELETE FROM channels WHERE id='global:dev'`,
	`INSERT OR REPLACE INTO project_links(project_a_id,project_b_id,enabled) VALUES('p','q',TRUE)`,
	`INSERT INTO project_links(project_a_id,project_b_id) VALUES('q','p')`,
	`UPDATE project_links SET enabled=FALSE RETURNING project_a_id`,
	`DELETE FROM project_links`,
	`INSERT INTO config_sync_history(config_hash,config_snapshot,scope,success,actions_taken) VALUES('h','{}','all',TRUE,'[]') RETURNING id`,
	`INSERT INTO config_sync_history(config_hash,config_snapshot,scope,success) VALUES(NULL,'{}','all',TRUE)`,
	hosttest.Session("s", "p"),
	hosttest.Call("s", "get_messages", `{"agent_id": "alice"}`),
	hosttest.Call("s", "search_messages", `{"broken`)+` RETURNING id,tool_name`,
	hosttest.Call("s", "send_channel_message", `{"agent_id": "alice"}`),
	hosttest.Call("nowhere", "get_messages", `{"agent_id": "alice"}`),
	`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,tool_inputs) VALUES('s',x'00ff','h',x'00ff'),('s','get_messages','h',NULL),('s','get_messages','h',1.5)`,
	`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,called_at) VALUES('s','get_messages','h',5)`, // removed at once: it is old
	`DELETE FROM sessions`,
	`DELETE FROM messages`,
	`DELETE FROM channels WHERE id='global:general'`,
	`DELETE FROM agents`,
)

// sensitive are columns of times that default to now.
var sensitive = []string{"created_at", "joined_at", "timestamp", "last_active", "updated_at", "called_at", "applied_at", "opted_out_at", "edited_at", "last_read_at"}

// tablesOf is the content of all tables of the host.
func tablesOf(t *testing.T, db string) (out []string) {
	t.Helper()
	for _, table := range rows(t, db, `SELECT name FROM sqlite_master WHERE type='table' AND name NOT GLOB 'cslack_*' AND name NOT GLOB 'messages_fts*' AND name<>'sqlite_sequence' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`) {
		table = strings.Trim(table, "[]")
		var columns []string
		for _, c := range rows(t, db, `SELECT name FROM pragma_table_info('`+table+`')`) {
			if c = strings.Trim(c, "[]"); !slices.Contains(sensitive, c) {
				columns = append(columns, c)
			}
		}
		for _, r := range rows(t, db, `SELECT rowid,`+strings.Join(columns, ",")+` FROM `+table+` ORDER BY rowid`) {
			out = append(out, table+" "+r)
		}
	}
	return append(out, rows(t, db, `SELECT name,seq FROM sqlite_sequence WHERE name NOT GLOB 'cslack_*' ORDER BY name`)...)
}

// TestHost_IsUnharmed: the host's own statements, those that fail included,
// come to the same with our triggers and without: the ids and counts that it
// is told, the rows that it gets back, the errors, and what is in its tables.
func TestHost_IsUnharmed(t *testing.T) {
	t.Parallel()
	hosts := map[string]host{"python": python, "modernc": modernc}
	pragmas := map[string][]string{
		"as it is":          nil,
		"trusted_schema":    {"trusted_schema=OFF"},
		"recursive":         {"recursive_triggers=ON"},
		"without FK":        {"foreign_keys=OFF"},
		"all at once":       {"trusted_schema=OFF", "recursive_triggers=ON", "secure_delete=ON", "cell_size_check=ON"},
		"legacy everything": {"legacy_alter_table=ON", "reverse_unordered_selects=ON", "defer_foreign_keys=ON"},
	}
	plain, ours := make(map[string]string), make(map[string]string)
	for generation, ddl := range map[string]string{"v4.1": schema.V41, "v3.0": schema.V30} {
		plain[generation], ours[generation] = hosttest.NewDatabaseOf(t, ddl), hosttest.NewDatabaseOf(t, ddl)
		install(t, ours[generation]).Close()
		// The last connection leaves everything in the file.
		hosttest.StartWriter(t, ours[generation]).Exec(`PRAGMA user_version`)
	}
	for name, run := range hosts {
		for set, pragmas := range pragmas {
			t.Run(name+"/"+set, func(t *testing.T) {
				t.Parallel()
				for generation := range plain {
					compareHosts(t, generation, run, copyOf(t, plain[generation]), copyOf(t, ours[generation]), pragmas, hostStatements)
				}
			})
		}
		for _, generation := range []string{"v4.1", "v3.0"} {
			t.Run(name+"/recorded "+generation, func(t *testing.T) {
				t.Parallel()
				plain, traffic := hosttest.Traffic(t, generation)
				ours, _ := hosttest.Traffic(t, generation)
				install(t, ours).Close()
				var statements []string
				for _, x := range traffic {
					statements = append(statements, x.SQL...)
				}
				compareHosts(t, generation, run, plain, ours, nil, statements)
			})
		}
	}
}

func compareHosts(t *testing.T, generation string, run host, plain, ours string, pragmas, statements []string) {
	t.Helper()
	want, got := run(t, plain, pragmas, statements), run(t, ours, pragmas, statements)
	if len(got) != len(statements) || len(want) != len(got) {
		t.Fatalf("%s: got %d and %d outcomes, want %d", generation, len(want), len(got), len(statements))
	}
	worked, failed := 0, 0
	for i := range want {
		w, g := fmt.Sprintf("%+v", describe(want[i])), fmt.Sprintf("%+v", describe(got[i]))
		if w != g {
			t.Errorf("%s: %s\n got %s\nwant %s", generation, statements[i], g, w)
		}
		if want[i].Err == "" {
			worked++
		} else {
			failed++
		}
	}
	if worked < len(statements)/4 || failed == 0 {
		t.Errorf("%s: got %d statements that work and %d that fail, want both", generation, worked, failed)
	}
	if w, g := tablesOf(t, plain), tablesOf(t, ours); !slices.Equal(w, g) {
		t.Errorf("%s: tables differ:\n got %q\nwant %q", generation, g, w)
	}
}

// describe makes an outcome readable, as far as it must be the same.
//
// There is one difference: an INSERT that fails on a foreign key leaves its
// rowid in last_insert_rowid, if the table has a trigger, whatever that does.
// So last ids are compared where they mean something: behind an INSERT that
// inserted.
func describe(o outcome) string {
	id := "none"
	if o.LastID != nil && strings.HasPrefix(o.SQL, "INSERT") && !strings.Contains(o.SQL, "DO UPDATE") {
		id = fmt.Sprint(*o.LastID)
	}
	return fmt.Sprintf("last id %s, rows %d, changes %d, got %q, error %q", id, o.Rows, o.Changes, o.Got, o.Err)
}
