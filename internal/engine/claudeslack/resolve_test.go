package claudeslack_test

import (
	"os"
	"path/filepath"
	"testing"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// TestLocate_Resolves is pipeline rule 11: by whatever link a database is
// named, its event file lies beside the file itself.
func TestLocate_Resolves(t *testing.T) {
	db, err := filepath.EvalSymlinks(hosttest.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(db, link); err != nil {
		t.Fatal(err)
	}
	if got, err := claudeslack.Locate(link, func(string) string { return "" }, ""); err != nil || got != db {
		t.Errorf("got %q, %v, want %q", got, err, db)
	}
}
