package main

import (
	"context"
	"io"
	"os"

	"cslack-stream/internal/server/client"
	"cslack-stream/internal/tui"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/view"
)

// startStatus shows the state of the stream below its lines, if there is
// somebody to see it, and sends all that is printed through it. The function
// returned takes it away, and may be called twice.
func (t *tailer) startStatus(ctx context.Context) (stop func()) {
	screen := t.statusTerminal()
	if screen == nil {
		return func() {}
	}
	t.status = tui.NewStatus(tui.StatusOptions{
		Out: screen, Theme: view.Theme{Color: t.plan.printer.Color, ASCII: t.env.Getenv("TERM") == "linux"},
		Location: t.plan.printer.Location, Now: t.env.Now,
	})
	t.plan.source.onState = t.showState
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what is printed last is printed with it
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.status.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// stdout is where lines go.
func (t *tailer) stdout() io.Writer {
	if t.status != nil {
		return t.status
	}
	return t.env.Stdout
}

// stderr is where everything else goes.
func (t *tailer) stderr() io.Writer {
	if t.status != nil {
		return t.status
	}
	return t.env.Stderr
}

// statusTerminal is the terminal that lines for eyes go to while they follow;
// nil if there is none. What is not data has to go to the same one, or the
// two would tear each other.
func (t *tailer) statusTerminal() *os.File {
	p, env := t.plan, t.env
	term := env.Getenv("TERM")
	switch {
	case p.noStatus, p.quiet, !t.follows():
	case p.printer.Format != line.FormatText, !p.printer.Terminal:
	case term == "", term == "dumb", env.Getenv("CI") != "", usedByAgent(env):
	default:
		return oneTerminal(env, env.Stdout, env.Stderr)
	}
	return nil
}

// oneTerminal returns the terminal that both are; nil if they are not.
func oneTerminal(env *environment, stdout, stderr io.Writer) *os.File {
	out, ok := stdout.(*os.File)
	err, too := stderr.(*os.File)
	if !ok || !too || !env.IsTerminal(out) || !env.IsTerminal(err) {
		return nil
	}
	a, failed := out.Stat()
	b, alsoFailed := err.Stat()
	if failed != nil || alsoFailed != nil || !os.SameFile(a, b) {
		return nil
	}
	return out
}

// showState shows what happens to the connection to a server.
func (t *tailer) showState(s client.State) {
	if s.Phase == client.Lost {
		t.status.Lost(s.Retry, s.Attempt)
		return
	}
	t.status.Live()
}
