package schema_test

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"cslack-stream/internal/engine/claudeslack/schema"
)

func TestSchema_IsThatOfTheHost(t *testing.T) {
	for _, tc := range []struct{ fixture, schema string }{
		{"empty-v4.1.db", schema.V41},
		{"empty-v3.0.db", schema.V30},
	} {
		t.Run(tc.fixture, func(t *testing.T) {
			want := master(t, copyOf(t, fixture(t, tc.fixture)))
			path := filepath.Join(t.TempDir(), "made.db")
			exec(t, path, tc.schema)
			if diff := cmp.Diff(want, master(t, path)); diff != "" {
				t.Errorf("sqlite_master differs from the host's (-host +ours):\n%s", diff)
			}
		})
	}
}

// The edit must not have more words than all messages together: the host's
// full-text triggers take the new words off the totals before they add them,
// and SQLite calls a negative total a malformed database.
func TestSchema_TakesTheHostsRows(t *testing.T) {
	for name, text := range map[string]string{"v4.1": schema.V41, "v3.0": schema.V30} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "made.db")
			exec(t, path, text)
			exec(t, path, `
				INSERT INTO agents(name, project_id) VALUES ('gina', NULL);
				INSERT INTO channels(id, channel_type, access_type, scope, name) VALUES ('global:general', 'channel', 'open', 'global', 'general');
				INSERT INTO messages(channel_id, sender_id, content) VALUES ('global:general', 'gina', 'hello, everybody');
				UPDATE messages SET content = 'hello again' WHERE id = 1;`)
		})
	}
}

type object struct{ Type, Name, Table, SQL string }

// master returns everything in sqlite_master that has a text, in the order of
// creation.
func master(t *testing.T, path string) []object {
	t.Helper()
	db := open(t, path)
	rows, err := db.QueryContext(context.Background(),
		`SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid`)
	if err != nil {
		t.Fatalf("read sqlite_master: %v", err)
	}
	defer rows.Close()
	var out []object
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.Type, &o.Name, &o.Table, &o.SQL); err != nil {
			t.Fatalf("scan sqlite_master: %v", err)
		}
		out = append(out, o)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("read sqlite_master: %v", err)
	}
	return out
}

func exec(t *testing.T, path, text string) {
	t.Helper()
	if _, err := open(t, path).ExecContext(context.Background(), text); err != nil {
		t.Fatalf("execute SQL: %v", err)
	}
}

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rwc")
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// fixture returns the path of a recorded database, and skips the test where
// the recordings are not at hand: they are no part of the repository.
func fixture(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("CSLACK_FIXTURES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "..", "shared", "fixtures")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no recorded database %s; set CSLACK_FIXTURES to the directory that holds it", name)
	}
	return path
}

// copyOf copies a database that must not be touched.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatalf("open fixture: %v", err)
	}
	defer in.Close()
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	out, err := os.Create(to)
	if err != nil {
		t.Fatalf("create copy: %v", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatalf("copy fixture: %v", err)
	}
	if err := out.Close(); err != nil {
		t.Fatalf("close copy: %v", err)
	}
	return to
}
