//go:build !unix

package main

import (
	"context"
	"errors"
)

// errTerminalGone is why a context ended whose terminal hung up.
var errTerminalGone = errors.New("the terminal hung up")

// onTerminalHangup does nothing where there is no such signal.
func onTerminalHangup(ctx context.Context) (context.Context, func()) { return ctx, func() {} }
