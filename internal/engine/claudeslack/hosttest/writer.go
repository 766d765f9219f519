// Package hosttest plays the host in tests: databases in its schema, and
// writers that are other processes, as the host's are.
package hosttest

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cslack-stream/internal/engine/claudeslack/schema"
	"cslack-stream/internal/engine/sqlitedb"
)

// writerEnv names the database that a re-executed test binary shall write to.
const writerEnv = "CSLACK_HOSTTEST_WRITER"

// Main runs a package's tests. When the test binary was started by
// StartWriter it plays the writer instead. Call it from TestMain.
func Main(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := play(path, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// NewDatabase makes an empty database of the host's newest schema, in a
// directory of its own, and returns its path.
func NewDatabase(t testing.TB) string {
	t.Helper()
	return NewDatabaseOf(t, schema.V41)
}

// NewDatabaseOf makes an empty database with the given schema.
func NewDatabaseOf(t testing.TB, ddl string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "claude-slack.db")
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.Create, "journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	if _, err := c.ExecContext(t.Context(), ddl); err != nil {
		t.Fatal(err)
	}
	return path
}

// Step is what a writer does at a time, on one connection: like the host, it
// opens a new one for every step unless Keep is set.
type Step struct {
	SQL []string `json:"sql"`
	// Keep uses a connection that stays open across steps.
	Keep bool `json:"keep,omitempty"`
	// Errors lets statements fail; the step goes on with the next.
	Errors bool `json:"errors,omitempty"`
	// Until is a query: the statements are run again and again until it gives
	// true, and once more then.
	Until string `json:"until,omitempty"`
}

// Done is what came of a step.
type Done struct {
	// LastID and Rows are those of the last statement.
	LastID int64 `json:"last_id"`
	Rows   int64 `json:"rows"`
	// Errs are the errors of the statements that failed.
	Errs []string `json:"errs,omitempty"`
}

// Writer is another process that writes to a database.
type Writer struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// StartWriter starts a process that writes to the database at path. It ends
// with the test.
func StartWriter(t testing.TB, path string) *Writer {
	t.Helper()
	w := &Writer{t: t, cmd: exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])}
	w.cmd.Env = append(os.Environ(), writerEnv+"="+path)
	w.cmd.Stderr = os.Stderr
	in, err := w.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.in, w.out = in, bufio.NewScanner(out)
	w.out.Buffer(nil, 1<<20)
	t.Cleanup(func() {
		in.Close()
		_ = w.cmd.Wait()
	})
	return w
}

// Do runs a step in the other process and waits until it is done.
func (w *Writer) Do(s Step) Done {
	w.t.Helper()
	b, err := json.Marshal(s)
	if err == nil {
		_, err = w.in.Write(append(b, '\n'))
	}
	if err != nil {
		w.t.Fatalf("write to writer process: %v", err)
	}
	return w.wait(s)
}

// Wait waits for a step that was started.
func (w *Writer) Wait() Done {
	w.t.Helper()
	return w.wait(Step{})
}

func (w *Writer) wait(s Step) Done {
	w.t.Helper()
	if !w.out.Scan() {
		w.t.Fatalf("writer process ended: %v", w.out.Err())
	}
	var d Done
	if err := json.Unmarshal(w.out.Bytes(), &d); err != nil {
		w.t.Fatal(err)
	}
	if !s.Errors && len(d.Errs) > 0 {
		w.t.Fatalf("writer process: %v", d.Errs)
	}
	return d
}

// Exec runs statements on a connection of their own; each commits by itself
// unless they say otherwise.
func (w *Writer) Exec(statements ...string) Done {
	w.t.Helper()
	return w.Do(Step{SQL: statements})
}

// Start sends a step without waiting for it: Wait does, or Kill ends it.
func (w *Writer) Start(s Step) {
	w.t.Helper()
	b, err := json.Marshal(s)
	if err == nil {
		_, err = w.in.Write(append(b, '\n'))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// Kill ends the process at once, as kill -9 does.
func (w *Writer) Kill() {
	w.t.Helper()
	if err := w.cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	_ = w.cmd.Wait()
}

// play is the writer's side.
func play(path string, in io.Reader, out io.Writer) error {
	ctx := context.Background()
	var kept *sql.Conn
	scan := bufio.NewScanner(in)
	scan.Buffer(nil, 64<<20)
	for scan.Scan() {
		var s Step
		if err := json.Unmarshal(scan.Bytes(), &s); err != nil {
			return err
		}
		c, closeConn := kept, func() {}
		if c == nil || !s.Keep {
			db, conn, err := sqlitedb.Conn(ctx, path, sqlitedb.ReadWrite, "journal_mode(WAL)", "foreign_keys(ON)")
			if err != nil {
				return err
			}
			c = conn
			if s.Keep {
				kept = conn
			} else {
				closeConn = func() { conn.Close(); db.Close() }
			}
		}
		d, err := runUntil(ctx, c, s)
		closeConn()
		if err != nil {
			return err
		}
		b, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	return scan.Err()
}

// runUntil runs a step, as often as it says.
func runUntil(ctx context.Context, c *sql.Conn, s Step) (Done, error) {
	d := run(ctx, c, s)
	for over := s.Until == ""; !over && len(d.Errs) == 0; d = run(ctx, c, s) {
		if err := c.QueryRowContext(ctx, s.Until).Scan(&over); err != nil {
			return d, err
		}
	}
	return d, nil
}

func run(ctx context.Context, c *sql.Conn, s Step) Done {
	var d Done
	for _, q := range s.SQL {
		res, err := c.ExecContext(ctx, q)
		if err != nil {
			d.Errs = append(d.Errs, err.Error())
			if !s.Errors {
				_, _ = c.ExecContext(ctx, "ROLLBACK")
				return d
			}
			continue
		}
		d.LastID, _ = res.LastInsertId()
		d.Rows, _ = res.RowsAffected()
	}
	return d
}
