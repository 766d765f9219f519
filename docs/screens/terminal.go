package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// opening is the time of day at which every scene begins.
const opening = 14*time.Hour + 32*time.Minute

// shoot plays a scene and returns what the terminal shows, with its colours.
func shoot(ctx context.Context, s scene, bin, dir string) (screen string, err error) {
	home := filepath.Join(dir, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", fmt.Errorf("make home: %w", err)
	}
	defer os.RemoveAll(home)
	now := time.Now()
	zone := filepath.Join(home, "zone")
	if err := os.WriteFile(zone, zoneFile(now), 0o600); err != nil {
		return "", fmt.Errorf("write zone: %w", err)
	}
	db := filepath.Join(home, "claude-slack.db")
	w, err := newWorkspace(ctx, db, now)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()

	if err := w.check(ctx, s.checks); err != nil {
		return "", err
	}
	t := &terminal{dir: home, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMUX_TMPDIR=" + home, "TZ=" + zone, "CLAUDE_SLACK_DB_PATH=" + db, "LC_ALL=C.UTF-8", "SHELL=/bin/sh",
	}}
	defer t.close(context.WithoutCancel(ctx))
	if err := t.start(ctx, s, bin); err != nil {
		return "", err
	}
	if err := t.shows(ctx, s.ready); err != nil {
		return "", err
	}
	if err := w.say(ctx, s.live); err != nil {
		return "", err
	}
	if err := t.shows(ctx, s.until); err != nil {
		return "", err
	}
	for _, p := range s.keys {
		if _, err := t.tmux(ctx, "send-keys", "-t", "scene", p.key); err != nil {
			return "", err
		}
		if err := t.shows(ctx, p.seen); err != nil {
			return "", err
		}
	}
	screen, err = t.tmux(ctx, "capture-pane", "-e", "-p", "-t", "scene")
	return steady(screen), err
}

var (
	dates  = regexp.MustCompile(`\d{4}-\d{2}-\d{2} (\d{2}:\d{2}:\d{2}\.\d{3}) [+-]\d{2}:\d{2}`)
	epochs = regexp.MustCompile(`\b[0-9a-f]{8}-(\d+)\b`)
)

// steady replaces what is another in every run, and says nothing: dates and
// names of epochs.
func steady(screen string) string {
	screen = dates.ReplaceAllString(screen, "2026-01-02 $1 +00:00")
	return epochs.ReplaceAllString(screen, "4f1d2c3b-$1")
}

// terminal is a server of tmux of our own.
type terminal struct {
	dir string
	env []string
}

func (t *terminal) tmux(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-L", "screens"}, args...)...)
	cmd.Env = t.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// start starts the program in a terminal of the scene's size.
func (t *terminal) start(ctx context.Context, s scene, bin string) error {
	command := "exec '" + bin + "' " + strings.Join(s.args, " ")
	// What ends too early can be read.
	settings := filepath.Join(t.dir, "tmux.conf")
	if err := os.WriteFile(settings, []byte("set -g remain-on-exit on\nset -g status off\n"), 0o600); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	_, err := t.tmux(ctx, "-f", settings, "-u", "new-session", "-d", "-s", "scene", "-x", strconv.Itoa(s.columns), "-y", strconv.Itoa(s.lines), command)
	return err
}

// shows waits until the terminal shows text.
func (t *terminal) shows(ctx context.Context, text string) error {
	const patience = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(30 * time.Millisecond)
	defer look.Stop()
	screen := ""
	for {
		if now, err := t.tmux(ctx, "capture-pane", "-p", "-t", "scene"); err == nil {
			screen = now
		}
		if strings.Contains(screen, text) {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %q: %w; the terminal shows:\n%s", text, ctx.Err(), screen)
		}
	}
}

// close ends the terminal, and the program in it.
func (t *terminal) close(ctx context.Context) {
	_, _ = t.tmux(ctx, "kill-server")
}

// zoneFile is a time zone in which it is the opening now, in the first version
// of the format of time zone files: a header, one kind of time, its name.
func zoneFile(now time.Time) []byte {
	now = now.UTC()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	offset := opening - now.Sub(midnight)
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []uint32{0, 0, 0, 0, 1, 4} { // one kind, a name of four bytes
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(int32(offset/time.Second)))
	return append(b, 0, 0, 'L', 'M', 'T', 0)
}
