package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Project and Agent are the workspace's project and one of its agents that
// only reads.
const (
	Project = "b3e4a1f05c6d7e8f90a1b2c3d4e5f607"
	Agent   = "reader-1"
)

// Result is what the writer reports of itself at its end.
type Result struct {
	Wall     float64 `json:"wall_s"`
	CPU      float64 `json:"cpu_s"`
	Messages int     `json:"messages"`
	SQLite   string  `json:"sqlite"`
	// Commits are, for the paced writer, the wall-clock nanoseconds at which
	// the COMMIT of a message had returned, by the message's id.
	Commits map[int64]int64 `json:"-"`
}

// Write runs the writer in one of its modes on the database at path.
func (l *Lab) Write(ctx context.Context, mode, path string, args ...string) (Result, error) {
	var r Result
	cmd := exec.CommandContext(ctx, "python3", append([]string{l.writer, mode, "--db", path}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("run writer %s: %w\n%s", mode, err, stderr.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := len(lines) - 1
	if err := json.Unmarshal([]byte(lines[last]), &r); err != nil {
		return r, fmt.Errorf("read the writer's report: %w", err)
	}
	if mode != "paced" {
		return r, nil
	}
	r.Commits = make(map[int64]int64, last)
	for _, line := range lines[:last] {
		id, at, _ := strings.Cut(line, " ")
		i, err1 := strconv.ParseInt(id, 10, 64)
		ns, err2 := strconv.ParseInt(at, 10, 64)
		if err1 != nil || err2 != nil {
			return r, fmt.Errorf("read the writer's report: %q", line)
		}
		r.Commits[i] = ns
	}
	return r, nil
}
