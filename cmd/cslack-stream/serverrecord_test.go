package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// stateEnvironment is one whose state directory is the test's.
func stateEnvironment(t *testing.T) *environment {
	t.Helper()
	dir := t.TempDir()
	return &environment{Getenv: func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }}
}

func TestServerRecord_IsOneForADatabase(t *testing.T) {
	env := stateEnvironment(t)
	dir := t.TempDir()
	db, link := filepath.Join(dir, "a.db"), filepath.Join(dir, "link.db")
	if err := os.WriteFile(db, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(db, link); err != nil {
		t.Fatal(err)
	}
	if _, ok := env.readServerRecord(db); ok {
		t.Error("before: got a record")
	}
	want := serverRecord{URL: "http://127.0.0.1:1", PID: 42, Database: db}
	if err := env.writeServerRecord(db, want); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{db, link} {
		if got, ok := env.readServerRecord(path); !ok || got != want {
			t.Errorf("%s: got %v %v, want %v", filepath.Base(path), got, ok, want)
		}
	}
	if _, ok := env.readServerRecord(filepath.Join(dir, "other.db")); ok {
		t.Error("another database: got a record")
	}
	path, _ := env.recordPath(db)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v and %v, want a file for its owner only", info.Mode(), err)
	}
	files, _ := os.ReadDir(filepath.Dir(path))
	if len(files) != 1 {
		t.Errorf("got %d files, want 1", len(files))
	}
}

func TestServerRecord_IsRemovedByItsProcessOnly(t *testing.T) {
	env := stateEnvironment(t)
	db := filepath.Join(t.TempDir(), "a.db")
	if err := env.writeServerRecord(db, serverRecord{URL: "http://x", PID: 42}); err != nil {
		t.Fatal(err)
	}
	if err := env.removeServerRecord(db, 41); err != nil {
		t.Fatal(err)
	}
	if _, ok := env.readServerRecord(db); !ok {
		t.Error("removed by another process: got no record")
	}
	if err := env.removeServerRecord(db, 42); err != nil {
		t.Fatal(err)
	}
	if _, ok := env.readServerRecord(db); ok {
		t.Error("removed by its process: got a record")
	}
}

func TestServerRecord_DamagedIsNone(t *testing.T) {
	env := stateEnvironment(t)
	db := filepath.Join(t.TempDir(), "a.db")
	path, err := env.recordPath(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", "{", `{"pid":1}`, "\x00"} {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := env.readServerRecord(db); ok {
			t.Errorf("%q: got %v, want no record", s, got)
		}
	}
}

func TestServerRecord_AliveAsksTheServer(t *testing.T) {
	hang := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/health/live", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/ill/health/live", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.Handle("/moved/health/live", http.RedirectHandler("/health/live", http.StatusFound))
	mux.HandleFunc("/slow/health/live", func(http.ResponseWriter, *http.Request) { <-hang })
	s := httptest.NewServer(mux)
	defer s.Close()
	defer close(hang)
	for path, want := range map[string]bool{"": true, "/ill": false, "/moved": false, "/slow": false, "/nothing": false} {
		if got := (serverRecord{URL: s.URL + path}).alive(t.Context()); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	if (serverRecord{URL: "http://127.0.0.1:1"}).alive(t.Context()) || (serverRecord{URL: "\x00"}).alive(t.Context()) {
		t.Error("no server: got alive")
	}
}
