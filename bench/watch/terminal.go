package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/creack/pty"
)

// terminal is a program in a terminal that somebody reads.
type terminal struct {
	cmd    *exec.Cmd
	screen *os.File
	ended  chan struct{} // closed when there is nothing more to read

	mu      sync.Mutex
	shown   []byte
	rate    float64 // the highest that was shown
	changed chan struct{}
}

// most bounds what is remembered of what was shown.
const most = 1 << 20

// open starts the program in a terminal of its own.
func open(cmd *exec.Cmd) (*terminal, error) {
	cmd.Env = append(cmd.Environ(), "TERM=xterm-256color")
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 140})
	if err != nil {
		return nil, fmt.Errorf("start in a terminal: %w", err)
	}
	t := &terminal{cmd: cmd, screen: screen, ended: make(chan struct{}), changed: make(chan struct{}, 1)}
	go t.read()
	return t, nil
}

func (t *terminal) read() {
	defer close(t.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.screen.Read(buf)
		t.mu.Lock()
		t.shown = append(t.shown, buf[:n]...)
		if extra := len(t.shown) - most; extra > 0 {
			t.shown = append(t.shown[:0], t.shown[extra:]...)
		}
		t.mu.Unlock()
		select {
		case t.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (t *terminal) pid() int { return t.cmd.Process.Pid }

func (t *terminal) press(keys string) error {
	_, err := t.screen.WriteString(keys)
	return err
}

// rates is how the header says how many events come in a second.
var rates = regexp.MustCompile(`([0-9]+\.[0-9])/s`)

// forget forgets what was shown so far, but for the highest rate.
func (t *terminal) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, found := range rates.FindAllSubmatch(t.shown, -1) {
		if r, err := strconv.ParseFloat(string(found[1]), 64); err == nil {
			t.rate = max(t.rate, r)
		}
	}
	t.shown = t.shown[:0]
}

func (t *terminal) shows(s string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.shown, []byte(s))
}

// until waits until s has been shown.
func (t *terminal) until(ctx context.Context, s string) error {
	for !t.shows(s) {
		select {
		case <-t.changed:
		case <-t.ended:
			return fmt.Errorf("wait for %q: the program has ended", s)
		case <-ctx.Done():
			return fmt.Errorf("wait for %q: %w", s, ctx.Err())
		}
	}
	return nil
}

// close ends the program.
func (t *terminal) close() {
	_ = t.press("\x03")
	select {
	case <-t.ended:
	case <-time.After(5 * time.Second):
		_ = t.cmd.Process.Kill()
	}
	_ = t.screen.Close()
	_ = t.cmd.Wait()
}
