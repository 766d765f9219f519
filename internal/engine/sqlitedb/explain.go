package sqlitedb

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

// Explained returns err with what an operator can do about it, where SQLite's
// own words do not tell. It wraps err; nil stays nil.
func Explained(err error) error {
	if r := remedy(err); r != "" {
		return fmt.Errorf("%w: %s", err, r)
	}
	return err
}

func remedy(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "waiting for it to be there again"
	case errors.Is(err, syscall.ENOSPC):
		return "make room on that disk"
	case errors.Is(err, fs.ErrPermission):
		return "let this user read and write it"
	}
	switch Code(err) {
	case sqlite3.SQLITE_FULL:
		return "make room on that disk"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return "let this user write to it and to its directory"
	case sqlite3.SQLITE_CANTOPEN:
		return "let this user read and write it, and its directory"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "it is damaged; stop everything that uses it and restore a backup, or try what sqlite3 FILE .recover can save"
	case sqlite3.SQLITE_IOERR:
		return "the disk or the file system fails; see the system's log"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another process has locked it; end that process if it does not end by itself"
	}
	return ""
}
