package sqlitedb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine/sqlitedb"
)

// TestConn_FailureLeavesNothingOpen: whoever tries again and again must not
// pile up connections, and their locks.
func TestConn_FailureLeavesNothingOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.db")
	if err := os.WriteFile(path, []byte("this is certainly not a database, whatever its name may say"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadWrite); !sqlitedb.IsNotADatabase(err) {
		t.Fatalf("got %v, want an error that this is no database", err)
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("open files can not be listed here")
	}
	for _, fd := range fds {
		if to, _ := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); to == path {
			t.Errorf("got the file open after the error")
		}
	}
}

// TestTx_CancelledBeginLeavesNothingOpen: a transaction may have begun by the
// time that its beginning is cancelled. The endless query gives it that time.
func TestTx_CancelledBeginLeavesNothingOpen(t *testing.T) {
	db, c, err := sqlitedb.Conn(t.Context(), filepath.Join(t.TempDir(), "file.db"), sqlitedb.Create)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	nothing := func() error { return nil }
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err = sqlitedb.Tx(ctx, c, `BEGIN IMMEDIATE; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n`, nothing)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want that the time is over", err)
	}
	if err := sqlitedb.Tx(t.Context(), c, "BEGIN IMMEDIATE", nothing); err != nil {
		t.Error(err)
	}
}
