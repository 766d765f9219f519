package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/tui"

	"github.com/google/go-cmp/cmp"
)

func TestNotebook_KeepsBookmarksOfAnAgentOfADatabase(t *testing.T) {
	env := stateEnvironment(t)
	m := env.remember("/tmp/a.db")
	if got, err := m.Bookmarks("alice@webapp"); got != nil || err != nil {
		t.Fatalf("before: got %v and %v, want none", got, err)
	}
	want := []tui.Bookmark{{Type: "message.new", Entity: "message", EntityID: "42", Channel: "dev", Time: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Who: "bob", Text: "a\u202eb"}}
	if err := m.SetBookmarks("alice@webapp", want); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		where, agent string
		want         []tui.Bookmark
	}{{"/tmp/a.db", "alice@webapp", want}, {"/tmp/b.db", "alice@webapp", nil}, {"/tmp/a.db", "bob@webapp", nil}} {
		got, err := env.remember(tt.where).Bookmarks(tt.agent)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s of %s: %v, -want +got:\n%s", tt.agent, tt.where, err, diff)
		}
	}
	info, err := os.Stat(m.path("alice@webapp"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v and %v, want a file for its owner only", info, err)
	}
	if files, _ := os.ReadDir(m.dir); len(files) != 1 {
		t.Errorf("got %d files, want 1", len(files))
	}
}

func TestNotebook_PutsDamagedBookmarksAside(t *testing.T) {
	for name, damaged := range map[string]string{"no JSON": "{\"version\":1,", "of another program": "{}", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			m := stateEnvironment(t).remember("/tmp/a.db")
			if err := writeState(m.path("alice"), []byte(damaged)); err != nil {
				t.Fatal(err)
			}
			_, err := m.Bookmarks("alice")
			aside := m.path("alice") + ".damaged"
			if err == nil || !strings.Contains(err.Error(), aside) {
				t.Fatalf("got %v, want it to name %s", err, aside)
			}
			if kept, err := os.ReadFile(aside); string(kept) != damaged || err != nil {
				t.Errorf("got %q and %v kept, want %q", kept, err, damaged)
			}
			if err := m.SetBookmarks("alice", nil); err != nil {
				t.Errorf("got %v, want to begin anew", err)
			}
		})
	}
}

func TestNotebook_WritesNotOverWhatItCouldNotRead(t *testing.T) {
	m := stateEnvironment(t).remember("/tmp/a.db")
	long := strings.Repeat("x", mostNotes+1)
	if err := writeState(m.path("alice"), []byte(long)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Bookmarks("alice"); err == nil {
		t.Error("got no error for a file that is too long")
	}
	if err := m.SetBookmarks("alice", nil); err == nil {
		t.Error("got what could not be read written over")
	}
	if data, _ := os.ReadFile(m.path("alice")); string(data) != long {
		t.Errorf("got %d bytes left, want all %d", len(data), len(long))
	}
}

func TestNotebook_KnowsTheFirstStart(t *testing.T) {
	env := stateEnvironment(t)
	for _, want := range []bool{true, false, false} {
		if got, err := env.remember("x").First(); got != want || err != nil {
			t.Errorf("got %v and %v, want %v", got, err, want)
		}
	}
	if (&environment{Getenv: func(string) string { return "" }}).remember("x") != nil {
		t.Error("got a memory without a place for it")
	}
}
