//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// environ is the environment of programs in the scene: nothing of the
// developer's own.
func (sc *scene) environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + sc.home, "XDG_STATE_HOME=" + filepath.Join(sc.home, "state"), "TZ=UTC", "GOTRACEBACK=all",
	}
}

// child is the program as a process.
type child struct {
	t        testing.TB
	cmd      *exec.Cmd
	out, err *output
	done     chan struct{} // closed when the process has ended
}

// start starts the program.
func (sc *scene) start(args ...string) *child {
	sc.t.Helper()
	return sc.startAs(nil, args...)
}

// startAs starts the program after change has changed the command.
func (sc *scene) startAs(change func(*exec.Cmd), args ...string) *child {
	sc.t.Helper()
	self, err := os.Executable()
	if err != nil {
		sc.t.Fatal(err)
	}
	c := &child{t: sc.t, cmd: exec.CommandContext(context.WithoutCancel(sc.t.Context()), self), out: newOutput(), err: newOutput(), done: make(chan struct{})}
	c.cmd.Args = append([]string{"cslack-stream"}, args...) // TestMain goes by the name
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr = sc.environ(), c.out, c.err
	if change != nil {
		change(c.cmd)
	}
	if err := c.cmd.Start(); err != nil {
		sc.t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait() // the exit code says it
		c.out.close()
		c.err.close()
		close(c.done)
	}()
	sc.t.Cleanup(func() {
		c.kill()
		if sc.t.Failed() {
			sc.t.Logf("%v wrote to stderr:\n%s", c.cmd.Args[1:], c.err)
		}
	})
	return c
}

// run runs the program to its end.
func (sc *scene) run(args ...string) *child {
	sc.t.Helper()
	c := sc.start(args...)
	c.exitCode()
	return c
}

// kill ends the process at once, as kill -9 does, and waits for its end.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.done
}

// signal sends a signal.
func (c *child) signal(s os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// exitCode waits for the end of the process.
func (c *child) exitCode() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		_ = c.cmd.Process.Signal(syscall.SIGQUIT) // shows where it hangs
		<-c.done
		c.t.Fatalf("%v does not end; stderr:\n%s", c.cmd.Args, c.err)
	}
	return c.cmd.ProcessState.ExitCode()
}

// stop ends the process as ctrl-c does.
func (c *child) stop() {
	c.t.Helper()
	c.signal(os.Interrupt)
	if got := c.exitCode(); got != 0 {
		c.t.Fatalf("stop: got exit code %v, want 0; stderr:\n%s", got, c.err)
	}
}

// output is what a process has written so far.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed with the next growth
	ended bool
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	close(o.grown)
	o.grown = make(chan struct{})
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lines are the whole lines so far.
func (o *output) lines() []string {
	text := o.String()
	text = text[:strings.LastIndexByte(text, '\n')+1]
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// until waits until there is what ok wants.
func (o *output) until(t testing.TB, what string, ok func(text string) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		o.mu.Lock()
		text, grown, ended := o.text.String(), o.grown, o.ended
		o.mu.Unlock()
		if ok(text) {
			return
		}
		if ended {
			t.Fatalf("the process has ended with output %q, want %s", text, what)
		}
		select {
		case <-grown:
		case <-deadline:
			t.Fatalf("got output %q, want %s", text, what)
		}
	}
}

// untilLine waits for a line.
func (o *output) untilLine(t testing.TB, line string) {
	t.Helper()
	o.until(t, "the line "+line, func(text string) bool { return strings.Contains("\n"+text, "\n"+line+"\n") })
}
