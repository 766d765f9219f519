package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
)

func TestOpenSource_TakesTheFirstThatIsMeant(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	tests := []struct {
		name  string
		flags sourceFlags
		url   string
		want  string
	}{
		{"flag", sourceFlags{server: s.URL + "/"}, "", s.URL},
		{"flag beats environment", sourceFlags{server: s.URL}, "http://127.0.0.1:1", s.URL},
		{"environment", sourceFlags{}, s.URL, s.URL},
	}
	for _, tt := range tests {
		env := stateEnvironment(t)
		inner := env.Getenv
		env.Getenv = func(name string) string {
			if name == "CSLACK_STREAM_URL" {
				return tt.url
			}
			return inner(name)
		}
		a, err := openSource(t.Context(), env, tt.flags)
		if err != nil || a.Where != tt.want || a.Mode != modeLive {
			t.Errorf("%s: got %+v and %v, want %v", tt.name, a, err, tt.want)
			continue
		}
		a.close()
	}
}

func TestOpenSource_FindsTheRecordedServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	env := stateEnvironment(t)
	db := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(db, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := env.writeServerRecord(db, serverRecord{URL: s.URL, PID: 1}); err != nil {
		t.Fatal(err)
	}
	a, err := openSource(t.Context(), env, sourceFlags{db: db})
	if err != nil || a.Where != s.URL {
		t.Fatalf("got %+v and %v, want %v", a, err, s.URL)
	}
	a.close()
	// A server that is gone, or --direct, leads to the database; this one is
	// an empty file, which can not be opened.
	if _, err := openSource(t.Context(), env, sourceFlags{db: db, direct: true}); err == nil {
		t.Error("--direct: got the server, want the database")
	}
	s.Close()
	if _, err := openSource(t.Context(), env, sourceFlags{db: db}); err == nil {
		t.Error("server gone: got the server, want the database")
	}
}

func TestOpenSource_RefusesContradictions(t *testing.T) {
	env := stateEnvironment(t)
	for _, f := range []sourceFlags{
		{server: "http://x", db: "y"},
		{server: "http://x", direct: true},
		{server: "not a url"},
		{server: "ftp://x"},
		{server: "http://x", tokenFile: "missing"},
	} {
		if _, err := openSource(t.Context(), env, f); exitCode(err) != exitUsage {
			t.Errorf("%+v: got %v, want a usage error", f, err)
		}
	}
}

func TestOpenServer_SendsTheTokenAndWarns(t *testing.T) {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		_, _ = w.Write([]byte(`{"agents":[]}`))
	}))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := openServer(t.Context(), stateEnvironment(t), sourceFlags{tokenFile: file}, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if _, err := a.Agents(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := <-got, "Bearer secret"; got != want || len(a.Notes) != 0 {
		t.Errorf("got %q and notes %q, want %q", got, a.Notes, want)
	}
	a, err = openServer(t.Context(), stateEnvironment(t), sourceFlags{tokenFile: file}, "http://hub.example:8787")
	if err != nil || len(a.Notes) != 1 || !strings.Contains(a.Notes[0], "unencrypted") {
		t.Errorf("got %+v and %v, want a warning", a, err)
	}
}

func TestWithSource_GivesUpInTime(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	env := &environment{Open: func(context.Context, *environment, sourceFlags) (*attachment, error) {
		<-hang // heeds no context
		return nil, event.ErrUnavailable
	}}
	start := time.Now()
	_, err := withSource(env, sourceFlags{}, func(ctx context.Context, a *attachment) ([]event.AgentInfo, error) { return a.Agents(ctx) })
	if d := time.Since(start); err == nil || d < completionTime || d > 10*completionTime {
		t.Errorf("got %v after %v, want an error after %v", err, d, completionTime)
	}
}
