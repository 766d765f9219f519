//go:build !unix

package sqlitedb

// writable has nobody to ask: what SQLite says of its own files must do.
func writable(string) bool { return false }
