//go:build unix

package statusline

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// heed asks for the signals that touch what is on the terminal.
func heed(signals chan os.Signal) {
	signal.Notify(signals, unix.SIGWINCH, unix.SIGCONT)
	if !signal.Ignored(unix.SIGTSTP) {
		signal.Notify(signals, unix.SIGTSTP)
	}
}

// take does what a signal asks for.
func (l *Line) take(s os.Signal, signals chan os.Signal) {
	if s == unix.SIGTSTP {
		l.stop(signals)
		return
	}
	l.Repaint()
}

// stopping is more than a stop takes to come that was asked for.
const stopping = 100 * time.Millisecond

// stop leaves the terminal to whoever gets it now, and stops the program. The
// group of the session's leader nobody could continue: it is not stopped, as
// the kernel would not stop it either.
func (l *Line) stop(signals chan os.Signal) {
	if session, err := unix.Getsid(0); err != nil || session == unix.Getpgrp() {
		return
	}
	l.Hide()
	// Not with the signal that came: once heeded, Go does not give it back.
	if unix.Kill(unix.Getpid(), unix.SIGSTOP) == nil {
		t := time.NewTimer(stopping)
		defer t.Stop()
		select {
		case <-signals: // to continue
		case <-t.C:
		}
	}
	l.Show()
}

// Size returns the size of a terminal; zero if it can not be asked, or if the
// program is in its background, where others draw.
func Size(f *os.File) (width, height int) {
	fd := int(f.Fd())
	if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && group != unix.Getpgrp() {
		return 0, 0
	}
	size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
