//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// onHangup returns a context that ends, with errHangup as its cause, when
// whoever reads w is gone: "tail | head -1" has to end at once, and not with
// the next line, which may never come. The function returned releases
// everything.
func onHangup(ctx context.Context, w io.Writer) (context.Context, func()) {
	out, ok := w.(*os.File)
	if !ok {
		return ctx, func() {}
	}
	wake, stop, err := os.Pipe()
	if err != nil {
		return ctx, func() {} // then the next write finds out
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if hungUp(int(out.Fd()), int(wake.Fd())) {
			cancel(errHangup)
		}
	}()
	return ctx, func() {
		_ = stop.Close()
		<-ended
		_ = wake.Close()
		cancel(nil)
	}
}

// hungUp waits until nobody reads what is written to fd, or something happens
// to wake.
func hungUp(fd, wake int) bool {
	fds := []unix.PollFd{{Fd: int32(fd)}, {Fd: int32(wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return err == nil && fds[1].Revents == 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
	}
}
