package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// Why a tail ends that did not run out of events.
var (
	errCount = errors.New("--count reached")
	errIdle  = errors.New("--timeout passed")
	errUntil = errors.New("--until reached")
)

// say writes a line on standard error that nobody needs.
func (t *tailer) say(format string, args ...any) {
	if !t.plan.quiet {
		t.complain(format, args...)
	}
}

// complain writes a line on standard error that must be seen.
func (t *tailer) complain(format string, args ...any) {
	t.saying.Lock()
	defer t.saying.Unlock()
	message := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	fmt.Fprintf(t.stderr(), "cslack-stream: %s\n", text.Content(message))
}

// end says, where that helps, how to go on, and turns what ended the stream
// into what ends the program.
func (t *tailer) end(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var stopped *signalError
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, errUntil):
		return nil
	case errors.Is(err, errHangup), errors.Is(err, errTerminalGone), errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return nil // who reads us has enough
	case errors.Is(err, errCount):
		return nil
	case errors.Is(err, errIdle):
		if t.plan.quiet {
			return &exitError{code: exitTimeout}
		}
		return &exitError{exitTimeout, fmt.Errorf("nothing to show for %v (--timeout)", t.plan.timeout)}
	case errors.As(err, &stopped):
		if t.env.IsTerminal(t.env.Stderr) {
			t.sayHowToResume()
		}
		return &exitError{code: stopped.exitCode()}
	case errors.Is(err, event.ErrForbidden):
		return fmt.Errorf("%w: use another token (--token-file), or ask whoever runs that server", err)
	}
	return err
}

// sayHowToResume names the command that goes on where this one stops.
func (t *tailer) sayHowToResume() {
	command := "cslack-stream tail"
	if t.again != "" {
		command = t.again
	}
	for _, a := range t.addresses() {
		if t.again != "" {
			command += " --agent " + shellWord(a)
		} else {
			command += " " + agentWord(a)
		}
	}
	switch {
	case t.source == nil:
		return
	case !t.source.Ephemeral && !t.cursor.IsZero():
		command += " --since-id " + t.cursor.String()
	case !t.newest.IsZero():
		command += " --since " + t.newest.Add(time.Millisecond).UTC().Format(event.TimeFormat)
	}
	t.say("%s, resume: %s", plural(t.printed, "line"), command)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// agentWord is an agent as an argument of a command: one whose name begins
// like a flag is named by one.
func agentWord(address string) string {
	if strings.HasPrefix(address, "-") {
		return "--agent " + shellWord(address)
	}
	return shellWord(address)
}

// shellWord is s as one word of a shell command.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@:._-", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
