//go:build unix

package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/sqlitedb"
)

// The tests in the files e2e_*_test.go run the program as people do: as
// processes of its own, on real databases, with writers that are further
// processes. Nothing in them waits for a time to pass: they wait for something
// that can be observed, and patience is when they give up on it.
const patience = 45 * time.Second

// init lets the test binary be the writers too, before TestMain lets it be
// the program.
func init() {
	if os.Getenv("CSLACK_HOSTTEST_WRITER") != "" {
		hosttest.Main(nil) // ends the process
	}
	if config := os.Getenv(hammerEnv); config != "" {
		if err := runHammer(config, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "hammer:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// scene is a database, and a home directory for the programs that work on it.
type scene struct {
	t    testing.TB
	db   string
	home string
}

func newScene(t testing.TB, db string) *scene {
	t.Helper()
	return &scene{t: t, db: db, home: t.TempDir()}
}

// e2eWorld is what most tests begin with: two agents in one channel.
var e2eWorld = []string{
	`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp')`,
	`INSERT INTO agents(name,project_id,status) VALUES('alice','p','online'),('bob','p','online')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('global:general','channel','open','global','general')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p'),('global:general','bob','p')`,
}

// newWorldScene makes a database with the world in it, and a writer process.
func newWorldScene(t testing.TB) (*scene, *hosttest.Writer) {
	t.Helper()
	sc := newScene(t, hosttest.NewDatabase(t))
	w := hosttest.StartWriter(t, sc.db)
	w.Exec(e2eWorld...)
	return sc, w
}

// say is the statement with which bob says something in #general.
func say(text string) string {
	return `INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','bob','p','` + text + `')`
}

// sayEach are n messages.
func sayEach(prefix string, n int) []string {
	var out []string
	for _, text := range numbered(prefix, n) {
		out = append(out, say(text))
	}
	return out
}

func numbered(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

var servingAt = regexp.MustCompile(`serving .* at (http://\S+)\n`)

// operatorQuery is the query of the operator's stream.
const operatorQuery = "view=operator"

// query reads one column of the database, as a foreign reader.
func (sc *scene) query(statement string) []string {
	sc.t.Helper()
	out, err := queryFile(sc.t.Context(), sc.db, statement)
	if err != nil {
		sc.t.Fatal(err)
	}
	return out
}

func queryFile(ctx context.Context, path, statement string) ([]string, error) {
	db, c, err := sqlitedb.Conn(ctx, path, sqlitedb.ReadOnly)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	defer c.Close()
	rows, err := c.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s.String)
	}
	return out, rows.Err()
}

// checkIntegrity fails the test if the database is damaged.
func (sc *scene) checkIntegrity() {
	sc.t.Helper()
	if got := sc.query(`PRAGMA integrity_check`); len(got) != 1 || got[0] != "ok" {
		sc.t.Errorf("got integrity check %q, want ok", got)
	}
}

// eventually waits until ok returns true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not happen", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

// compare fails the test where two lists differ, saying where they begin to.
func compare(t testing.TB, what string, want, got []string) {
	t.Helper()
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	if i == len(want) && i == len(got) {
		return
	}
	near := func(list []string) []string {
		var out []string
		for _, s := range list[max(0, min(i, len(list))-3):min(len(list), i+5)] {
			out = append(out, clipped(s))
		}
		return out
	}
	t.Errorf("%s: got %d, want %d, the first difference is number %d:\n got …%q…\nwant …%q…", what, len(got), len(want), i, near(got), near(want))
}

// clipped is short enough for a message.
func clipped(s string) string { return s[:min(len(s), 200)] }
