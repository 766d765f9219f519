//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
)

// TestCarriers_OutOfSight: two servers in containers of their own can not see
// each other's processes; in each, its own may have the same number. What is
// taken for gone and appends again is not taken for gone twice.
func TestCarriers_OutOfSight(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.db")
	join := func() *carriers {
		c := &carriers{self: carrierName()}
		var err error
		if c.events, err = sqlite.Open(t.Context(), sqlite.Options{Path: file, Carrier: c.self}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.events.Close() })
		return c
	}
	first, second := join(), join()
	for _, step := range []struct {
		asked *carriers
		want  bool
	}{{first, false}, {first, false}, {second, false}, {second, false}} {
		if got, err := step.asked.follow(t.Context()); err != nil || got != step.want {
			t.Fatalf("got following %v, %v, want %v", got, err, step.want)
		}
	}
	if err := first.events.Append(t.Context(), new(backend.Batch)); err != nil {
		t.Fatal(err)
	}
	if got, err := second.follow(t.Context()); err != nil || !got {
		t.Errorf("after the first has appended: got following %v, %v, want true", got, err)
	}
}

// TestRuns_EndedUnasked: a server that was killed, and whose parent does not
// ask how it ended, does not run.
func TestRuns_EndedUnasked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("such processes can not be told from others here")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	eventually(t, "that the process does not run", func() bool { return !runs(fmt.Sprintf("%d-x", cmd.Process.Pid)) })
	if !runs(fmt.Sprintf("%d-x", os.Getppid())) {
		t.Error("got a process that runs taken for one that has ended")
	}
	_ = cmd.Wait()
}
