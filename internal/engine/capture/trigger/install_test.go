package trigger_test

import (
	"errors"
	"slices"
	"testing"

	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/claudeslack/schema"
)

// allOfSchema is everything in sqlite_master and sqlite_sequence, in the order
// in which it lies there.
func allOfSchema(t *testing.T, db string) []string {
	t.Helper()
	return append(rows(t, db, `SELECT rowid,* FROM sqlite_master`), rows(t, db, `SELECT rowid,* FROM sqlite_sequence`)...)
}

// ourSchema is everything of ours in the schema.
func ourSchema(t *testing.T, db string) []string {
	t.Helper()
	return rows(t, db, `SELECT name,sql FROM sqlite_master WHERE name GLOB 'cslack_*' ORDER BY name`)
}

// TestUninstall_LeavesNoTrace: installed and uninstalled, the schema is byte
// for byte what it was.
func TestUninstall_LeavesNoTrace(t *testing.T) {
	databases := map[string]func(t *testing.T) string{
		"new v4.1": func(t *testing.T) string { return hosttest.NewDatabaseOf(t, schema.V41) },
		"new v3.0": func(t *testing.T) string { return hosttest.NewDatabaseOf(t, schema.V30) },
		"with messages": func(t *testing.T) string {
			db := hosttest.NewDatabase(t)
			hosttest.StartWriter(t, db).Exec(append(slices.Clone(world), say, say)...)
			return db
		},
		"recorded v4.1": func(t *testing.T) string { return hosttest.Populated(t, "v4.1") },
		"recorded v3.0": func(t *testing.T) string { return hosttest.Populated(t, "v3.0") },
	}
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			before := allOfSchema(t, db)
			install(t, db).Close()
			if slices.Equal(before, allOfSchema(t, db)) {
				t.Error("got the same schema with capture installed, want this test to see it")
			}
			there, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, false)
			if err != nil || !there {
				t.Fatalf("uninstall: got %v and %v, want true", there, err)
			}
			if got := allOfSchema(t, db); !slices.Equal(got, before) {
				t.Errorf("got schema %q, want %q", got, before)
			}
			if got := rows(t, db, `PRAGMA integrity_check`); got[0] != "[ok]" {
				t.Errorf("got integrity check %v, want ok", got)
			}
		})
	}
}

// TestUninstall_WantsChangesCarried: captured changes are discarded only by
// force.
func TestUninstall_WantsChangesCarried(t *testing.T) {
	c := newCaptured(t)
	c.w.Exec(say, say)
	_, err := trigger.Uninstall(t.Context(), c.db, claudeslack.Checkpoint{}, false)
	var left *trigger.UncarriedError
	if !errors.As(err, &left) || left.Changes != 2 {
		t.Fatalf("got %v, want 2 changes to be named", err)
	}
	c.changes()
	c.w.Exec(say)
	_, err = trigger.Uninstall(t.Context(), c.db, c.at, false)
	if !errors.As(err, &left) || left.Changes != 1 {
		t.Fatalf("carried in part: got %v, want 1 change to be named", err)
	}
	c.changes()
	if _, err = trigger.Uninstall(t.Context(), c.db, c.at, false); err != nil {
		t.Errorf("carried: got %v, want no error", err)
	}
	c.w.Exec(say)
}

// TestInstall_MendsDamage: triggers that are missing or changed are made
// anew, with a new epoch, since what they missed is not known; and writers are
// never left with a trigger without its table.
func TestInstall_MendsDamage(t *testing.T) {
	for _, damage := range [][]string{
		{`DROP TRIGGER cslack_mi`},
		{`DROP TRIGGER cslack_mi`, `CREATE TRIGGER cslack_mi AFTER INSERT ON messages BEGIN SELECT 1; END`},
		{`DELETE FROM cslack_meta`},
		{`DROP TABLE cslack_change`},
		{`CREATE TRIGGER cslack_old AFTER INSERT ON messages BEGIN INSERT INTO cslack_change(op) VALUES('zz'); END`, `UPDATE cslack_meta SET v=0 WHERE k='version'`},
	} {
		c := newCaptured(t)
		want := ourSchema(t, c.db)
		c.w.Exec(damage...)
		look := install(t, c.db)
		look.Close()
		if look.At.Log == c.at.Log || look.At.ID != 0 {
			t.Errorf("%q: got position %+v, want the beginning of a new epoch", damage, look.At)
		}
		c.at = look.At
		c.want("mended", c.do(hosttest.Step{SQL: []string{say}}), "message.new 1")
		if again, err := trigger.Install(t.Context(), c.db); again != nil || err != nil {
			t.Errorf("%q: install again: got %v and %v, want nothing to do", damage, again, err)
		}
		if got := ourSchema(t, c.db); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", damage, got, want)
		}
		if _, err := trigger.Uninstall(t.Context(), c.db, claudeslack.Checkpoint{}, true); err != nil {
			t.Errorf("%q: uninstall: %v", damage, err)
		}
		if got := rows(t, c.db, `SELECT name FROM sqlite_master WHERE name GLOB 'cslack_*'`); len(got) != 0 {
			t.Errorf("%q: got %v left, want nothing", damage, got)
		}
		c.w.Exec(say)
	}
}
