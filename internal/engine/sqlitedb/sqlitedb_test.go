package sqlitedb_test

import (
	"os"
	"path/filepath"
	"testing"

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
