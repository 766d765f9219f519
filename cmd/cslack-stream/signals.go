package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// signalError is why a context ended that a signal ended.
type signalError struct{ signal os.Signal }

func (e *signalError) Error() string { return "stopped by signal: " + e.signal.String() }

// exitCode is what shells expect of a program that a signal stopped.
func (e *signalError) exitCode() int {
	if e.signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

// onSignals returns a context that ctrl-c and SIGTERM end, with a
// [*signalError] as its cause. The second signal ends the program at once. The
// function returned releases everything.
func onSignals(ctx context.Context) (context.Context, func()) {
	return onSignalsBut(ctx, func(os.Signal) bool { return false })
}

// onSignalsBut is [onSignals] without the signals that are meant for others.
func onSignalsBut(ctx context.Context, forOthers func(os.Signal) bool) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case s := <-signals:
				if forOthers(s) {
					continue
				}
				signal.Stop(signals)
				cancel(&signalError{s})
			case <-ctx.Done():
			}
			return
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-ended
	}
}

// errHangup is why a context ended whose output nobody reads any more.
var errHangup = errors.New("nobody reads the output any more")
