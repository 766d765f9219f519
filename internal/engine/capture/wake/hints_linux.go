package wake

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// hints is an inotify watch on one file. If there can be none (limits, file
// systems without it), it only sleeps, more briefly.
type hints struct {
	path  string
	file  *os.File // the inotify instance; nil if there is none
	watch int      // negative while the file is not watched
	// calls is an eventfd, readable from a call until it is answered: sleeps
	// of well under a millisecond can wait for that too. Nil if there is none.
	calls *os.File
}

func newHints(path string) hints {
	h := hints{path: path, watch: -1}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err == nil {
		h.file = os.NewFile(uintptr(fd), "inotify")
	}
	if fd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		h.calls = os.NewFile(uintptr(fd), "eventfd")
	}
	return h
}

// call ends the wait at work, or the next one. It may come from any goroutine.
// The call is there before the deadline is: a wait that does not see the one
// is ended by the other.
func (h *hints) call() {
	if h.calls != nil {
		_, _ = h.calls.Write(binary.NativeEndian.AppendUint64(nil, 1))
	}
	if h.file != nil {
		_ = h.file.SetReadDeadline(time.Unix(1, 0))
	}
}

// answer returns whether there was a call since the last answer.
func (h *hints) answer() (called bool) {
	if h.calls == nil {
		return false
	}
	raw, err := h.calls.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		var count [8]byte
		n, err := unix.Read(int(fd), count[:])
		called = n == len(count) && err == nil
	})
	return called
}

// blind is the interval between looks where there are no hints.
const blind = 10 * time.Millisecond

// take returns whether the file was written to since the last call.
func (h *hints) take() bool {
	if h.file == nil {
		return false
	}
	if h.watch < 0 {
		// The file comes and goes with the database's connections.
		wd, err := h.add()
		if err != nil {
			return false
		}
		h.watch = wd
		return true
	}
	return h.read(time.Time{})
}

func (h *hints) add() (wd int, err error) {
	raw, err := h.file.SyscallConn()
	if err != nil {
		return -1, err
	}
	controlErr := raw.Control(func(fd uintptr) {
		wd, err = unix.InotifyAddWatch(int(fd), h.path, unix.IN_MODIFY|unix.IN_DELETE_SELF|unix.IN_MOVE_SELF)
	})
	return wd, errors.Join(controlErr, err)
}

// wait returns true when the file is written to, or false after d or a call.
func (h *hints) wait(d time.Duration) bool {
	if h.file == nil {
		h.nap(min(d, blind))
		return false
	}
	if h.watch < 0 {
		h.nap(d)
		return false
	}
	return h.read(time.Now().Add(d))
}

// read takes all events that are there, waiting for the first until deadline;
// the zero deadline does not wait.
func (h *hints) read(deadline time.Time) bool {
	var buf [4096]byte
	raw, err := h.file.SyscallConn()
	if err != nil {
		return false
	}
	got := false
	drain := func(fd uintptr) bool {
		for {
			n, err := unix.Read(int(fd), buf[:])
			if n <= 0 || err != nil {
				return got || deadline.IsZero()
			}
			got = true
			if gone(buf[:n]) {
				h.watch = -1
			}
		}
	}
	if h.file.SetReadDeadline(deadline) != nil {
		return false
	}
	if !deadline.IsZero() && h.called() {
		return false
	}
	_ = raw.Read(drain) // a deadline that passed is no news
	return got
}

// gone reports whether the events say that the watched file is not the one at
// the path any more.
func gone(events []byte) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		mask := uint32(events[4]) | uint32(events[5])<<8 | uint32(events[6])<<16 | uint32(events[7])<<24
		if mask&(unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_IGNORED) != 0 {
			return true
		}
		size := uint32(events[12]) | uint32(events[13])<<8
		events = events[min(len(events), unix.SizeofInotifyEvent+int(size)):]
	}
	return false
}

func (h *hints) close() error {
	var err error
	for _, f := range []*os.File{h.file, h.calls} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// called returns whether there is a call to answer.
func (h *hints) called() bool { return h.poll(0) }

// nap sleeps until a call, but for d at most; the Go runtime's own timers
// would round up to a millisecond.
func (h *hints) nap(d time.Duration) { h.poll(d) }

func (h *hints) poll(d time.Duration) (called bool) {
	ts := unix.NsecToTimespec(d.Nanoseconds())
	if h.calls == nil {
		_ = unix.Nanosleep(&ts, nil) // interrupted is as good as over
		return false
	}
	raw, err := h.calls.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		n, _ := unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, &ts, nil)
		called = n > 0
	})
	return called
}
