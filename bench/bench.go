// Package bench runs the built program and a foreign writer as processes of
// their own, the way they meet in reality, and measures what the one costs
// the other. The commands in its directories print the results; nothing here
// decides whether a number is good enough.
//
// The writer is writer.py: Python, another SQLite library, Claude-Slack's
// connection habits.
package bench

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver

	"cslack-stream/internal/engine/claudeslack/schema"
)

//go:embed writer.py
var writerSource []byte

// Lab is a temporary directory with what a measurement needs: the program,
// the writer, a workspace to copy.
type Lab struct {
	dir      string
	bin      string
	writer   string
	template string
	serial   int
}

// NewLab makes a lab. bin is the program to measure; if it is empty, it is
// built from the module in the current directory. Close removes everything.
func NewLab(ctx context.Context, bin string) (*Lab, error) {
	if _, err := exec.LookPath("python3"); err != nil {
		return nil, errors.New("find python3: it is not installed, and the writer needs it")
	}
	dir, err := os.MkdirTemp("", "cslack-stream-bench-")
	if err != nil {
		return nil, fmt.Errorf("make lab: %w", err)
	}
	l := &Lab{
		dir: dir, bin: bin,
		writer:   filepath.Join(dir, "writer.py"),
		template: filepath.Join(dir, "template.db"),
	}
	if err := l.equip(ctx); err != nil {
		l.Close()
		return nil, fmt.Errorf("make lab: %w", err)
	}
	return l, nil
}

func (l *Lab) equip(ctx context.Context) error {
	if err := os.WriteFile(l.writer, writerSource, 0o600); err != nil {
		return err
	}
	if l.bin == "" {
		l.bin = filepath.Join(l.dir, "cslack-stream")
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", l.bin, "./cmd/cslack-stream")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build the program: %w\n%s", err, out)
		}
	}
	db, err := sql.Open("sqlite", "file:"+l.template+"?mode=rwc&_pragma=journal_mode(WAL)")
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, schema.V41); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil {
		return err
	}
	_, err = l.Write(ctx, "seed", l.template)
	return err
}

// Close removes the lab.
func (l *Lab) Close() { _ = os.RemoveAll(l.dir) }

// Workspace returns the path of a new database in a directory of its own,
// with a project, agents and a channel in it.
func (l *Lab) Workspace() (string, error) {
	l.serial++
	dir := filepath.Join(l.dir, fmt.Sprintf("workspace-%d", l.serial))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("make workspace: %w", err)
	}
	data, err := os.ReadFile(l.template)
	if err != nil {
		return "", fmt.Errorf("make workspace: %w", err)
	}
	path := filepath.Join(dir, "claude-slack.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return "", fmt.Errorf("make workspace: %w", err)
	}
	return path, nil
}

// Discard removes the workspace at path.
func (l *Lab) Discard(path string) { _ = os.RemoveAll(filepath.Dir(path)) }

// Command returns a command of the program under measurement. It finds and
// leaves nothing outside the lab.
func (l *Lab) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, l.bin, args...)
	cmd.Env = append(os.Environ(),
		"XDG_STATE_HOME="+filepath.Join(l.dir, "state"), "XDG_CONFIG_HOME="+filepath.Join(l.dir, "config"),
		"CSLACK_STREAM_URL=", "NO_COLOR=1")
	return cmd
}

// Run runs a command of the program to its end.
func (l *Lab) Run(ctx context.Context, args ...string) error {
	if out, err := l.Command(ctx, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("run cslack-stream %v: %w\n%s", args, err, out)
	}
	return nil
}
