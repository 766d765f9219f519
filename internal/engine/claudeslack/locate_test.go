package claudeslack_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack"
)

func TestLocate_Order(t *testing.T) {
	home := t.TempDir()
	file := func(parts ...string) string {
		path := filepath.Join(append([]string{home}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	flag, env := file("flag.db"), file("env.db")
	dir := file("dir", "data", "claude-slack.db")
	config := file("config", "claude-slack", "data", "claude-slack.db")
	standard := file(".claude", "claude-slack", "data", "claude-slack.db")
	missing := filepath.Join(home, "missing")
	for _, tt := range []struct {
		name, flag string
		env        map[string]string
		want       string // empty: not found
	}{
		{"flag wins", flag, map[string]string{"CLAUDE_SLACK_DB_PATH": env}, flag},
		{"then the path", "", map[string]string{"CLAUDE_SLACK_DB_PATH": env, "CLAUDE_SLACK_DIR": home + "/dir"}, env},
		{"empty is not set", "", map[string]string{"CLAUDE_SLACK_DB_PATH": "", "CLAUDE_SLACK_DIR": home + "/dir"}, dir},
		{"then the config directory, with a tilde", "", map[string]string{"CLAUDE_CONFIG_DIR": "~/config"}, config},
		{"then the standard place", "", nil, standard},
		{"a directory without one is passed over", "", map[string]string{"CLAUDE_SLACK_DIR": missing}, standard},
		{"a flag must be right", missing, nil, ""},
		{"a path must be right", "", map[string]string{"CLAUDE_SLACK_DB_PATH": missing}, ""},
		{"a directory is no database", home, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := claudeslack.Locate(tt.flag, func(k string) string { return tt.env[k] }, home)
			want := tt.want
			if want != "" {
				want, _ = filepath.EvalSymlinks(want)
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if _, ok := errors.AsType[*claudeslack.NotFoundError](err); ok != (tt.want == "") {
				t.Errorf("got error %v", err)
			}
		})
	}
}

// TestLocate_SaysWhereItLooked: all five places, and what to do.
func TestLocate_SaysWhereItLooked(t *testing.T) {
	_, err := claudeslack.Locate("", func(string) string { return "" }, t.TempDir())
	missing, ok := errors.AsType[*claudeslack.NotFoundError](err)
	if !ok {
		t.Fatalf("got %v, want a NotFoundError", err)
	}
	for _, want := range []string{"--db", "CLAUDE_SLACK_DB_PATH", "CLAUDE_SLACK_DIR", "CLAUDE_CONFIG_DIR", "~/.claude/claude-slack/data/claude-slack.db", "does not exist", "cslack-stream demo"} {
		if !strings.Contains(missing.Block(), want) {
			t.Errorf("the block does not name %q:\n%s", want, missing.Block())
		}
	}
	if strings.Contains(missing.Error(), "\n") {
		t.Errorf("got more than one line: %s", missing.Error())
	}
}
