package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// The exit codes, which scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3   // no database, no such agent or channel
	exitLost        = 4   // stream lost, and --no-reconnect was given
	exitTimeout     = 124 // --timeout passed
	exitInterrupted = 130 // ctrl-c
	exitTerminated  = 143 // SIGTERM
)

// exitError is an error that decides the exit code. Without err the program
// ends without a word.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return "exit " + strconv.Itoa(e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError is an error in what was typed.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// notFoundError is about something named that is not there.
func notFoundError(format string, args ...any) error {
	return &exitError{exitNotFound, fmt.Errorf(format, args...)}
}

// exitCode is the code that err ends the program with.
func exitCode(err error) int {
	var exit *exitError
	var noDatabase *claudeslack.NotFoundError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &noDatabase), errors.Is(err, event.ErrNotFound):
		return exitNotFound
	}
	return exitFailed
}

// reportExit says in one line on w why the program ends, and returns its exit
// code.
func reportExit(w io.Writer, err error) int {
	code := exitCode(err)
	var exit *exitError
	var noDatabase *claudeslack.NotFoundError
	if errors.As(err, &noDatabase) && len(noDatabase.Places) > 2 { // nothing was named outright
		fmt.Fprint(w, text.Content(noDatabase.Block()))
		return code
	}
	if err != nil && (!errors.As(err, &exit) || exit.err != nil) {
		message := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
		fmt.Fprintf(w, "cslack-stream: %s\n", text.Content(message))
	}
	return code
}

// quoted is what was typed, fit for a message: with backslashes as they were.
func quoted(s string) string {
	return strings.ReplaceAll(strconv.Quote(text.Line(s)), `\\`, `\`)
}
