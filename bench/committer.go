package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Committer is a writer that commits one message after the other until it is
// stopped, and notes how long each commit took.
type Committer struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
}

// Commit starts a Committer on the database at path, with rate messages a
// second.
func (l *Lab) Commit(ctx context.Context, path string, rate int) (*Committer, error) {
	cmd := exec.CommandContext(ctx, "python3", l.writer, "commits", "--db", path, "--rate", strconv.Itoa(rate))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start writer: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start writer: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start writer: %w", err)
	}
	return &Committer{cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout)}, nil
}

// Stop ends the writer and returns what its commits took, the quickest first.
func (c *Committer) Stop() ([]time.Duration, error) {
	_ = c.stdin.Close()
	out, err := io.ReadAll(c.out)
	if waited := c.cmd.Wait(); waited != nil {
		err = waited
	}
	if err != nil {
		return nil, fmt.Errorf("run writer: %w", err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	var took []time.Duration
	for field := range strings.FieldsSeq(line) {
		us, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the writer's report: %w", err)
		}
		took = append(took, time.Duration(us)*time.Microsecond)
	}
	slices.Sort(took)
	return took, nil
}
