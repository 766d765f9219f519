//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// errTerminalGone is why a context ended whose terminal hung up.
var errTerminalGone = errors.New("the terminal hung up")

// onTerminalHangup returns a context that SIGHUP ends, with errTerminalGone as
// its cause: the default is to die at once, and to leave the terminal as it
// was drawn on. The function returned releases everything.
func onTerminalHangup(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-signals:
			cancel(errTerminalGone)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-ended
	}
}
