package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"cslack-stream/internal/engine/claudeslack/schema"
)

// createDemoDatabase makes an empty workspace at path in the host's schema.
func createDemoDatabase(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", demoDSN(path, "rwc"))
	if err != nil {
		return fmt.Errorf("create demo database: %w", err)
	}
	if _, err := db.ExecContext(ctx, schema.V41); err != nil {
		_ = db.Close()
		return fmt.Errorf("create demo database: %w", err)
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("create demo database: %w", err)
	}
	return nil
}

// demoDSN names the database at path, to be opened with the host's settings.
// Mode rw never creates a file: an empty one would look like a workspace.
func demoDSN(path, mode string) string {
	p := filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		p = "/" + p
	}
	p = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(p)
	return "file:" + p + "?mode=" + mode + "&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(ON)"
}
