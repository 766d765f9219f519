//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
)

// runningDemo is the demo as a process, in a directory for temporary files of
// its own.
type runningDemo struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
	tmp    string
}

func startDemo(t *testing.T, args ...string) *runningDemo {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	t.Cleanup(cancel)
	d := &runningDemo{cmd: exec.CommandContext(ctx, self), tmp: t.TempDir()}
	d.cmd.Args = append([]string{"cslack-stream", "demo", "-o", "json"}, args...) // TestMain goes by the name
	d.cmd.Env = append(os.Environ(), "TMPDIR="+d.tmp)
	d.cmd.Stderr = &d.stderr
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.lines = bufio.NewScanner(stdout)
	d.lines.Buffer(nil, 1<<20)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return d
}

// next returns the next event; false at the end of the output.
func (d *runningDemo) next(t *testing.T) (e event.Event, ok bool) {
	t.Helper()
	for d.lines.Scan() {
		var line struct {
			Type event.Type
			ID   event.Cursor
		}
		if err := json.Unmarshal(d.lines.Bytes(), &line); err != nil {
			t.Fatalf("the demo printed %q: %v", d.lines.Bytes(), err)
		}
		if !line.ID.IsZero() {
			return event.Event{Type: line.Type, Cursor: line.ID}, true
		}
	}
	return e, false
}

// wait waits for the end, and wants nothing left behind.
func (d *runningDemo) wait(t *testing.T) {
	t.Helper()
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("the demo ended with %v and said:\n%s", err, d.stderr.String())
	}
	left, err := os.ReadDir(d.tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("the demo left %v behind (%v)", left, err)
	}
}

func TestDemo_ShowsEveryTypeOfEvent(t *testing.T) {
	if testing.Short() {
		t.Skip("short: the demo is not played")
	}
	d := startDemo(t, "--rate", "100")
	missing := make(map[event.Type]bool)
	for _, typ := range event.Types {
		missing[typ] = true
	}
	for len(missing) > 0 {
		e, ok := d.next(t)
		if !ok {
			break
		}
		delete(missing, e.Type)
	}
	if len(missing) > 0 {
		t.Errorf("the demo showed no %v", missing)
	}
	_ = d.cmd.Process.Signal(os.Interrupt)
	for d.lines.Scan() { // what was on its way
	}
	d.wait(t)
	if !strings.Contains(d.stderr.String(), "/api/stream?view=operator") {
		t.Errorf("the demo did not say where its stream is:\n%s", d.stderr.String())
	}
}

func TestDemo_EndsAfterCount(t *testing.T) {
	d := startDemo(t, "--rate", "50", "--agent", "alice", "--count", "3")
	n := 0
	for {
		if _, ok := d.next(t); !ok {
			break
		}
		n++
	}
	if n != 3 {
		t.Errorf("the demo showed %d events, want 3", n)
	}
	d.wait(t)
}

func TestDemo_IsWatchedOnATerminal(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		want       []string
		end        func(p *tmuxProgram)
	}{
		{"quit", "", []string{" everything ", "#announcements"}, func(p *tmuxProgram) { p.keys("q") }},
		{"one agent", "--agent alice", []string{" alice@webapp "}, func(p *tmuxProgram) { p.keys("C-c") }},
		{"hung up", "", []string{" everything "}, func(p *tmuxProgram) { p.signal(syscall.SIGHUP) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := inTmuxScript(t, dev(), 100, 24, `unset CSLACK_TEST_WORLD CSLACK_TEST_NOW; mkdir $DIR/tmp; export TMPDIR=$DIR/tmp; echo BEFORE
				sh -c 'echo $$ > $DIR/pid; exec $DIR/cslack-stream demo `+tt.args+`'; echo "ENDED WITH $?"; ls $DIR/tmp | wc -l; exec sleep 60`)
			p.shows(append(tt.want, "● live", "FOLLOWING", "http://127.0.0.1:")...)
			p.keys("a")
			p.shows("Watch which agent?", "carol")
			p.keys("Escape")
			p.shows("FOLLOWING")
			tt.end(p)
			p.shows("BEFORE\ncslack-stream: the demo is over", "ENDED WITH 0\n0\n")
		})
	}
}

func TestDemo_LeavesNothingWhenKilled(t *testing.T) {
	for name, until := range map[string]func(*runningDemo) bool{
		"while it shows events": func(d *runningDemo) bool {
			_, ok := d.next(t)
			return ok
		},
		"while it makes the workspace":     waitForWorkspace,
		"while the agents' process starts": func(d *runningDemo) bool { return waitForAgents(t, d.cmd.Process.Pid) },
	} {
		t.Run(name, func(t *testing.T) {
			d := startDemo(t, "--rate", "50")
			if !until(d) {
				t.Fatalf("the demo did not get there and said:\n%s", d.stderr.String())
			}
			_ = d.cmd.Process.Signal(syscall.SIGKILL)
			_ = d.cmd.Wait()
			// The agents' process notices the end of its input, and tidies up.
			for deadline := time.Now().Add(30 * time.Second); ; {
				left, err := os.ReadDir(d.tmp)
				if err != nil {
					t.Fatal(err)
				}
				if len(left) == 0 {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%v is still there 30 s after the demo was killed", left)
				}
				_ = pause(t.Context(), 10*time.Millisecond)
			}
		})
	}
}

// waitForWorkspace waits until the demo has begun to make its database.
func waitForWorkspace(d *runningDemo) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if files, _ := filepath.Glob(filepath.Join(d.tmp, "*", "*.db")); len(files) > 0 {
			return true
		}
	}
	return false
}

// waitForAgents waits until the agents' process of a demo has begun to run.
func waitForAgents(t *testing.T, pid int) bool {
	t.Helper()
	for {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		if err != nil || len(tasks) == 0 {
			t.Skip("children can not be listed here")
		}
		for _, task := range tasks {
			children, _ := os.ReadFile(task) // a thread may end
			for child := range strings.FieldsSeq(string(children)) {
				if line, _ := os.ReadFile("/proc/" + child + "/cmdline"); bytes.Contains(line, []byte("demo-agents")) {
					return true
				}
			}
		}
	}
}
