package main

import (
	"context"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// environment is all that a command takes from the process it runs in.
type environment struct {
	// Args are the arguments without the program's name.
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Home is the user's home directory; empty if there is none.
	Home string
	Now  func() time.Time
	// Location is the user's time zone.
	Location *time.Location
	// IsTerminal tells whether a stream of this environment is a terminal.
	IsTerminal func(stream any) bool
	// Signals returns a context that the user can end: see onSignals.
	Signals func(context.Context) (context.Context, func())
	// Paging tells that a pager has the terminal, and ctrl-c is meant for it.
	Paging *atomic.Bool
	// Open opens the source of events that flags ask for.
	Open opener
}

// newEnvironment is the environment of this process.
func newEnvironment() *environment {
	home, _ := os.UserHomeDir()
	paging := new(atomic.Bool)
	forPager := func(s os.Signal) bool { return s == os.Interrupt && paging.Load() }
	return &environment{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Home: home, Now: time.Now, Location: time.Local,
		IsTerminal: isTerminal, Paging: paging, Signals: func(ctx context.Context) (context.Context, func()) { return onSignalsBut(ctx, forPager) }, Open: openSource,
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// useColor decides about colour: the flag beats the environment, which beats
// what the output is.
func (env *environment) useColor(flag string) (bool, error) {
	switch flag {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto", "":
	default:
		return false, usageError("--color %s: want auto, always or never", quoted(flag))
	}
	switch force := env.Getenv("CLICOLOR_FORCE"); {
	case env.Getenv("NO_COLOR") != "":
		return false, nil
	case force != "" && force != "0":
		return true, nil
	case env.Getenv("CLICOLOR") == "0", env.Getenv("TERM") == "dumb":
		return false, nil
	}
	return env.IsTerminal(env.Stdout), nil
}
