package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// serverRecord says which server serves a database, so that tail and watch
// find it without being told.
type serverRecord struct {
	URL      string `json:"url"`
	PID      int    `json:"pid"`
	Database string `json:"database"`
}

// aliveTimeout is how long a recorded server may take to say that it lives.
const aliveTimeout = 300 * time.Millisecond

// stateDir is the directory of what is remembered between runs; empty if
// there is no place for it.
func (env *environment) stateDir() string {
	if dir := env.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "cslack-stream")
	}
	if env.Home == "" {
		return ""
	}
	return filepath.Join(env.Home, ".local", "state", "cslack-stream")
}

// recordPath is the file of the record for a database.
func (env *environment) recordPath(database string) (string, error) {
	dir := env.stateDir()
	if dir == "" {
		return "", errors.New("locate state directory: neither XDG_STATE_HOME nor a home directory is set")
	}
	if resolved, err := filepath.EvalSymlinks(database); err == nil {
		database = resolved
	}
	database, err := filepath.Abs(database)
	if err != nil {
		return "", fmt.Errorf("resolve database path: %w", err)
	}
	sum := sha256.Sum256([]byte(database))
	return filepath.Join(dir, "server-"+hex.EncodeToString(sum[:8])+".json"), nil
}

// writeServerRecord notes that the server of r serves the database. The note
// appears whole or not at all, and only its owner can read it.
func (env *environment) writeServerRecord(database string, r serverRecord) error {
	path, err := env.recordPath(database)
	if err != nil {
		return err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode server record: %w", err)
	}
	if err := writeState(path, append(data, '\n')); err != nil {
		return fmt.Errorf("write server record: %w", err)
	}
	return nil
}

// writeState writes a file of the state directory: it appears whole or not at
// all, and only its owner can read it.
func writeState(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// readServerRecord returns the record for the database, and whether there is
// one. It does not say whether that server still lives: ask
// [serverRecord.alive].
func (env *environment) readServerRecord(database string) (serverRecord, bool) {
	path, err := env.recordPath(database)
	if err != nil {
		return serverRecord{}, false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return serverRecord{}, false
	}
	var r serverRecord
	if json.Unmarshal(data, &r) != nil || r.URL == "" {
		return serverRecord{}, false
	}
	return r, true
}

// removeServerRecord removes the record that the process pid left for the
// database. A record of another process stays: it belongs to a server that
// was started since.
func (env *environment) removeServerRecord(database string, pid int) error {
	r, ok := env.readServerRecord(database)
	if !ok || r.PID != pid {
		return nil
	}
	path, err := env.recordPath(database)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove server record: %w", err)
	}
	return nil
}

// alive reports whether the recorded server answers, within a moment.
func (r serverRecord) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/health/live", nil)
	if err != nil {
		return false
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req) // a redirect is not our server
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}
