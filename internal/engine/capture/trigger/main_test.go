package trigger_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

// world is what most tests begin with: two agents of a project and a global
// one in a channel, and one agent who is in none.
var world = []string{
	`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp'),('q','/q','api')`,
	`INSERT INTO agents(name,project_id,status) VALUES('alice','p','online'),('bob','p','online'),('dora','p','online'),('gina',NULL,'online')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('global:general','channel','open','global','general')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p'),('global:general','bob','p'),('global:general','gina',NULL)`,
}

const say = `INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','bob','p','hello')`

// captured is a database with capture installed, and the workspace as it was
// then.
type captured struct {
	t      *testing.T
	db     string
	w      *hosttest.Writer // nil: this process writes
	ws     *claudeslack.Workspace
	at     claudeslack.Checkpoint
	tables claudeslack.Tables
}

// newCaptured makes a database with the world in it, installs capture, and
// starts a writer process.
func newCaptured(t *testing.T) *captured {
	t.Helper()
	c := &captured{t: t, db: hosttest.NewDatabase(t)}
	c.w = hosttest.StartWriter(t, c.db)
	c.w.Exec(world...)
	look := install(t, c.db)
	var err error
	if c.tables, err = claudeslack.ReadTables(t.Context(), look, look.Generation); err != nil {
		t.Fatal(err)
	}
	c.at = look.At
	look.Close()
	c.w.Exec(`PRAGMA user_version`) // the last connection leaves everything in the file
	c.seed()
	return c
}

func (c *captured) seed() {
	c.ws = claudeslack.NewWorkspace(new(event.Roster))
	c.ws.Seed(c.tables)
	c.ws.TakeEntries()
}

// copy is another database like this one, to which this process writes
// itself: many small tests need many of them.
func (c *captured) copy(t *testing.T) *captured {
	t.Helper()
	other := &captured{t: t, db: copyOf(t, c.db), at: c.at, tables: c.tables}
	other.seed()
	return other
}

// copyOf is a copy of a database that nobody has open.
func copyOf(t *testing.T, db string) string {
	t.Helper()
	data, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "claude-slack.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// write runs a step in this process.
func (c *captured) write(s hosttest.Step) {
	c.t.Helper()
	h, conn, err := sqlitedb.Conn(c.t.Context(), c.db, sqlitedb.ReadWrite, "journal_mode(WAL)", "foreign_keys(ON)", "synchronous(OFF)")
	if err != nil {
		c.t.Fatal(err)
	}
	defer h.Close()
	defer conn.Close()
	for _, q := range s.SQL {
		if _, err := conn.ExecContext(c.t.Context(), q); err != nil && !s.Errors {
			c.t.Fatal(err)
		}
	}
}

func install(t *testing.T, db string) *capture.Look {
	t.Helper()
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if look == nil {
		t.Fatal("got no look from an install that found nothing")
	}
	return look
}

// do runs a step and returns the events that its changes make, as "type
// entity".
func (c *captured) do(s hosttest.Step) []string {
	c.t.Helper()
	if c.w == nil {
		c.write(s)
	} else {
		c.w.Do(s)
	}
	return c.events()
}

// events are those of the changes since the last call.
func (c *captured) events() (out []string) {
	c.t.Helper()
	events, _ := c.ws.Render(c.changes().Changes, true) // a complete run is consumed whole
	for _, e := range events {
		out = append(out, string(e.Type)+" "+e.EntityID)
	}
	return out
}

// changes returns the changes since the last call.
func (c *captured) changes() capture.Run {
	c.t.Helper()
	log := trigger.New(trigger.Options{Host: capture.NewHost(c.db), ReadOnly: true})
	defer log.Close()
	look, err := log.Look(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	look.Close()
	if look.At.ID == c.at.ID {
		return capture.Run{Complete: true}
	}
	run, err := log.Next(c.t.Context(), c.at, 1<<20)
	if err != nil {
		c.t.Fatal(err)
	}
	if !run.Complete || run.Changes[len(run.Changes)-1].ID != look.At.ID {
		c.t.Fatalf("got run up to %d, complete %v, want all up to %d", run.Changes[len(run.Changes)-1].ID, run.Complete, look.At.ID)
	}
	c.at = look.At
	return run
}

// want fails the test if the events are others.
func (c *captured) want(what string, got []string, want ...string) {
	c.t.Helper()
	if !slices.Equal(got, want) {
		c.t.Errorf("%s: got events %q, want %q", what, got, want)
	}
}

// rows reads a query's rows as text, NULL told from empty.
func rows(t *testing.T, db, query string) (out []string) {
	t.Helper()
	h, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	defer c.Close()
	out, err = queryRows(t.Context(), c, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func queryRows(ctx context.Context, c *sql.Conn, query string) (out []string, err error) {
	r, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		return nil, err
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for r.Next() {
		if err := r.Scan(targets...); err != nil {
			return out, err
		}
		out = append(out, asText(values))
	}
	return out, r.Err()
}
