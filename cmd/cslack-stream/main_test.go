package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program: stories and tests with a
// terminal run it as people do.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "cslack-stream" {
		os.Setenv("CSLACK_STREAM_CONFIG", "-") // nothing of the developer's own
	}
	testscript.Main(m, map[string]func(){
		"cslack-stream": func() {
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			os.Exit(run(context.Background(), testEnvironment()))
		},
	})
}

// TestStories runs the command line as stories.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testscript"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Setenv("CSLACK_TEST_NOW", "2026-01-02T15:10:00Z")
			if _, err := os.Stat(filepath.Join(env.WorkDir, "world.json")); err == nil {
				env.Setenv("CSLACK_TEST_WORLD", filepath.Join(env.WorkDir, "world.json"))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a program and wants one exit code: "exits 2 cslack-stream tial".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("got exit code %d, want %s", got, args[0])
	}
}
