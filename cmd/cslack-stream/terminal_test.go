//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminalProgram is the program running in a terminal that answers nothing,
// as those of AI agents are.
type terminalProgram struct {
	cmd    *exec.Cmd
	screen *os.File
	read   bytes.Buffer
}

// byAPerson is what says that no AI agent uses the terminal.
var byAPerson = []string{"CLAUDECODE=", "AI_AGENT=", "CURSOR_AGENT=", "GEMINI_CLI=", "CODEX_SANDBOX="}

// inTerminal starts the program in a terminal, in a world.
func inTerminal(t *testing.T, w *world, args ...string) *terminalProgram {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &terminalProgram{cmd: exec.Command(self)}
	p.cmd.Args = append([]string{"cslack-stream"}, args...) // TestMain goes by the name
	p.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "TZ=UTC", "CSLACK_TEST_NOW=2026-01-02T15:10:00Z", "NO_COLOR=", "CLICOLOR=", "CI=", "XDG_STATE_HOME="+t.TempDir())
	p.cmd.Env = append(p.cmd.Env, byAPerson...)
	if w != nil {
		data, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "world.json")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		p.cmd.Env = append(p.cmd.Env, "CSLACK_TEST_WORLD="+file)
	}
	if p.screen, err = pty.StartWithSize(p.cmd, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.screen.Close() })
	return p
}

// until reads what the program shows until it has shown s.
func (p *terminalProgram) until(t *testing.T, s string) {
	t.Helper()
	b := make([]byte, 4096)
	for !strings.Contains(p.read.String(), s) {
		n, err := p.screen.Read(b)
		p.read.Write(b[:n])
		if err != nil {
			t.Fatalf("got %q and %v, want %q", p.read.String(), err, s)
		}
	}
}

// end waits for the end and returns everything shown, and the exit code.
func (p *terminalProgram) end(t *testing.T) (string, int) {
	t.Helper()
	_, _ = io.Copy(&p.read, p.screen) // ends with EIO when the program is gone
	_ = p.cmd.Wait()
	return strings.ReplaceAll(p.read.String(), "\r\n", "\n"), p.cmd.ProcessState.ExitCode()
}

func TestProgram_SaysItsVersionAtOnceAndAsksTheTerminalNothing(t *testing.T) {
	const limit = 300 * time.Millisecond
	best := time.Hour
	for range 3 { // the machine may be busy; a terminal that is waited for stalls every time
		start := time.Now()
		out, code := inTerminal(t, nil, "--version").end(t)
		best = min(best, time.Since(start))
		if code != 0 || !strings.HasPrefix(out, "cslack-stream ") || strings.Contains(out, "\x1b") {
			t.Fatalf("got %q and exit code %v, want a plain version", out, code)
		}
		if best < limit {
			return
		}
	}
	t.Errorf("got %v until the version was there, want less than %v", best, limit)
}

func TestTail_ShowsColumnsOnATerminal(t *testing.T) {
	w := dev("late", "ping", "ping")
	w.Channels = append(w.Channels, worldChannel{ID: "dm:ab", Kind: "direct", Members: []string{"alice:p1", "bob:p1"}})
	w.Events[0].At = time.Date(2026, 1, 1, 23, 59, 59, 0, time.UTC)
	w.Events[1].Channel = "dm:ab"
	w.Events[2].Channel, w.Events[2].Type, w.Events[2].Addressee, w.Events[2].EntityID = "dm:ab", "dm.received", "alice:p1", "2"

	got, code := inTerminal(t, w, "tail", "alice", "--all", "--no-follow", "--color", "never").end(t)
	want := `cslack-stream: alice@webapp, live (direct) on the test world, all that is retained
─── Thu 1 Jan 2026 ───
23:59:59 #dev      bob     late
─── Fri 2 Jan 2026 ───
15:04:06 @bob      bob     ping
`
	if got != want || code != 0 {
		t.Errorf("got %q and exit code %v, want %q", got, code, want)
	}
	got, _ = inTerminal(t, w, "tail", "alice", "--all", "--no-follow", "--quiet", "--type", "dm.received").end(t)
	if !strings.Contains(got, "\x1b[") || strings.Count(got, "ping") != 1 {
		t.Errorf("got %q, want the arrival alone, in colour", got)
	}
}

func TestTail_SaysHowToResumeWhenInterrupted(t *testing.T) {
	p := inTerminal(t, dev("one", "two"), "tail", "alice")
	p.until(t, "two")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	got, code := p.end(t)
	if want := "cslack-stream: 2 lines, resume: cslack-stream tail alice@webapp --since-id test1-2\n"; !strings.HasSuffix(got, want) || code != exitInterrupted {
		t.Errorf("got %q and exit code %v, want it to end with %q and %v", got, code, want, exitInterrupted)
	}
}

func TestRoot_IntroducesItselfOnATerminal(t *testing.T) {
	p := inTerminal(t, nil)
	got, code := p.end(t)
	if code != 0 || !strings.Contains(got, "Commands:") || !strings.Contains(got, "try: cslack-stream") {
		t.Errorf("got %q and exit code %v, want help and what to try", got, code)
	}
}
