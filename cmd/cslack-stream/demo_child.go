package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// demoChild is the process that plays the agents, once it is told to begin. It
// ends when its standard input does, however this process comes to its end, and
// removes the workspace. A signal could come before it heeds signals, and it
// would not tidy up.
type demoChild struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{} // closed when the process has ended
	err   error         // why; read it after done
}

// startDemoChild starts this same program as the agents of the database at
// path, which need not be there before begin.
func startDemoChild(ctx context.Context, path string, rate float64, stderr io.Writer) (*demoChild, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the demo's agents: %w", err)
	}
	// Not bound to ctx: the agents are stopped by stop, in its turn.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, "demo-agents",
		"--db", path, "--rate", strconv.FormatFloat(rate, 'g', -1, 64), "--until-eof")
	cmd.Args[0] = os.Args[0] // called as we were, whatever the file is called
	cmd.Stderr = stderr
	keepFromTerminal(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the demo's agents: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the demo's agents: %w", err)
	}
	c := &demoChild{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = cmd.Wait()
	}()
	return c, nil
}

// begin lets the agents act.
func (c *demoChild) begin() error {
	if _, err := io.WriteString(c.stdin, "\n"); err != nil {
		return fmt.Errorf("start the demo's agents: %w", err)
	}
	return nil
}

// stop ends the process, gently first, and waits for it.
func (c *demoChild) stop() error {
	_ = c.stdin.Close()
	t := time.NewTimer(3 * time.Second)
	defer t.Stop()
	select {
	case <-c.done:
	case <-t.C:
		_ = c.cmd.Process.Kill()
		<-c.done
	}
	if c.err != nil {
		return fmt.Errorf("the demo's agents ended: %w", c.err)
	}
	return nil
}
