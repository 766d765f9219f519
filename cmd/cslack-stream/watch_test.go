//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tmuxProgram is the program running in a real terminal, which tmux is.
type tmuxProgram struct {
	t    *testing.T
	name string // of the tmux server
	dir  string
	env  []string
}

// inTmux starts the program in a terminal of that size, in a world; without one
// in whatever its arguments name.
func inTmux(t *testing.T, w *world, columns, lines int, args ...string) *tmuxProgram {
	t.Helper()
	return inTmuxScript(t, w, columns, lines, `echo BEFORE; sh -c 'echo $$ > $DIR/pid; exec $DIR/cslack-stream `+
		strings.Join(args, " ")+`'; echo "ENDED WITH $?"; exec sleep 60`)
}

// inTmuxScript starts a shell script that starts the program, which is in
// $DIR.
func inTmuxScript(t *testing.T, w *world, columns, lines int, script string) *tmuxProgram {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("NOT TESTED: there is no tmux here, and this story needs a real terminal")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &tmuxProgram{t: t, name: "cslack-test-" + strconv.Itoa(os.Getpid()), dir: t.TempDir()}
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	world := filepath.Join(p.dir, "world.json")
	if err := os.WriteFile(world, data, 0o600); err != nil {
		t.Fatal(err)
	}
	// TestMain goes by the name of the program.
	if err := os.Symlink(self, filepath.Join(p.dir, "cslack-stream")); err != nil {
		t.Fatal(err)
	}
	p.env = append(os.Environ(), "TMUX=", "TZ=UTC", "CSLACK_TEST_NOW=2026-01-02T15:10:00Z", "CSLACK_TEST_WORLD="+world, "NO_COLOR=", "CI=", "TMUX_TMPDIR="+p.dir, "XDG_STATE_HOME="+filepath.Join(p.dir, "state"), "DIR="+p.dir)
	if w == nil {
		p.env = append(p.env, "CSLACK_TEST_WORLD=", "CSLACK_TEST_NOW=")
	}
	p.env = append(p.env, byAPerson...)
	p.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-s", "story", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines), script)
	t.Cleanup(func() { _ = p.command("kill-server").Run() })
	return p
}

// script runs the program and says how it ended.
func (p *tmuxProgram) script(args []string) string {
	return fmt.Sprintf(`echo BEFORE; sh -c 'echo $$ > %[1]s/pid; exec %[1]s/cslack-stream %[2]s'; echo "ENDED WITH $?"; exec sleep 60`, p.dir, strings.Join(args, " "))
}

// again starts the program once more, in the same terminal.
func (p *tmuxProgram) again(args ...string) {
	p.t.Helper()
	p.tmux("respawn-pane", "-k", "-t", "story", p.script(args))
}

func (p *tmuxProgram) command(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-L", p.name}, args...)...)
	cmd.Env = p.env
	return cmd
}

func (p *tmuxProgram) tmux(args ...string) string {
	p.t.Helper()
	out, err := p.command(args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// keys types keys as tmux names them.
func (p *tmuxProgram) keys(keys ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys", "-t", "story"}, keys...)...)
}

// shows waits until all of wanted is on the screen.
func (p *tmuxProgram) shows(wanted ...string) {
	p.t.Helper()
	const patience = 10 * time.Second
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); ; <-look.C {
		screen := p.tmux("capture-pane", "-p", "-S", "-10", "-t", "story")
		missing := ""
		for _, s := range wanted {
			if !strings.Contains(screen, s) {
				missing = s
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("want %q on the screen, got:\n%s", missing, screen)
		}
	}
}

// hides wants s not to be on the screen.
func (p *tmuxProgram) hides(s string) {
	p.t.Helper()
	if screen := p.tmux("capture-pane", "-p", "-t", "story"); strings.Contains(screen, s) {
		p.t.Fatalf("want no %q on the screen, got:\n%s", s, screen)
	}
}

// signal sends a signal to the program.
func (p *tmuxProgram) signal(s syscall.Signal) {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "pid"))
	if err != nil {
		p.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := syscall.Kill(pid, s); err != nil {
		p.t.Fatal(err)
	}
}

func TestWatch_InATerminal(t *testing.T) {
	p := inTmux(t, dev("one", "two", "three"), 80, 24, "watch")
	p.shows("Watch which agent?", "alice", "bob")
	p.keys("ali", "Enter")
	p.shows("alice@webapp", "● live (direct)", "one", "three", "FOLLOWING", "3 events", "space pause")
	p.keys("Up")
	p.shows("PAUSED", "▌15:04:06 #dev")
	p.keys("Enter")
	p.shows("message.new", "bob@webapp", "is a member of the channel")
	p.tmux("resize-window", "-t", "story", "-x", "140", "-y", "40")
	p.shows("CHANNELS", "│ message.new")
	p.keys("Escape")
	p.keys("/", "thre", "Enter")
	p.shows("thre (1)")
	p.tmux("resize-window", "-t", "story", "-x", "50", "-y", "12")
	p.shows("bob #dev", "three", "esc clear filter")
	p.keys("?")
	p.shows("MOVE", "pause or follow")
	p.tmux("resize-window", "-t", "story", "-x", "120", "-y", "24")
	p.shows("PROGRAM")
	p.keys("q", "q")
	p.shows("BEFORE", "watched alice@webapp, 3 events, resume:", "ENDED WITH 0")
}

func TestWatch_BeginsWithEverything(t *testing.T) {
	w := dev("one", "two")
	w.Events[0].To = []string{"bob:p1"}
	p := inTmux(t, w, 100, 24, "watch", "--everything")
	p.shows(" everything ", "● live (direct)", "one", "two", "2 events", "the test world   local time")
	p.keys("a")
	p.shows("Watch which agent?")
	p.keys("ali", "Enter")
	p.shows(" alice@webapp ", "1 event ")
	p.keys("q")
	p.shows("ENDED WITH 0")
}

func TestWatch_LeavesTheTerminalAsItWas(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  syscall.Signal
		code int
	}{{"HUP", syscall.SIGHUP, 0}, {"TERM", syscall.SIGTERM, exitTerminated}, {"INT", syscall.SIGINT, exitInterrupted}} {
		t.Run(tt.name, func(t *testing.T) {
			p := inTmux(t, dev("one"), 80, 24, "watch", "alice")
			p.shows("● live (direct)", "one")
			p.signal(tt.end)
			p.shows("BEFORE", "ENDED WITH "+strconv.Itoa(tt.code)+"\n")
			state := p.tmux("display-message", "-p", "-t", "story", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}")
			if got, want := strings.TrimSpace(state), "0 1 0"; got != want {
				t.Errorf("got alternate screen, cursor, mouse %s, want %s", got, want)
			}
		})
	}
}

func TestWatch_IsTailWhereThereIsNoScreen(t *testing.T) {
	got, code := inTerminal(t, dev("one", "two"), "watch", "alice", "--plain", "--no-follow", "--color", "never").end(t)
	if want := "15:04:06 #dev      bob     two\n"; !strings.HasSuffix(got, want) || code != 0 || strings.Contains(got, "\x1b") {
		t.Errorf("got %q and exit code %v, want plain lines", got, code)
	}
	got, code = inTerminal(t, dev("one", "two"), "watch", "alice", "-o", "raw", "-n", "1", "--no-follow", "--quiet").end(t)
	if got != "two\n" || code != 0 {
		t.Errorf("got %q and exit code %v, want the last text alone", got, code)
	}
}

func TestWatch_DrawsAtOnceAndAsksTheTerminalNothing(t *testing.T) {
	p := inTerminal(t, dev("one"), "watch", "alice")
	start := time.Now()
	p.until(t, "FOLLOWING")
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("got %v until there was a screen, want it at once", took)
	}
	for _, question := range []string{"\x1b]10;?", "\x1b]11;?", "\x1b[6n", "\x1b[c"} {
		if strings.Contains(p.read.String(), question) {
			t.Errorf("got %q asked of the terminal, want nothing asked", question)
		}
	}
	_, _ = p.screen.Write([]byte("q"))
	if _, code := p.end(t); code != 0 {
		t.Errorf("got exit code %v, want 0", code)
	}
}

func TestWatch_LoadsOlderEvents(t *testing.T) {
	for _, served := range []bool{false, true} {
		t.Run(map[bool]string{false: "direct", true: "served"}[served], func(t *testing.T) {
			var texts []string
			for i := range 700 {
				texts = append(texts, fmt.Sprintf("text-%d.", i+1))
			}
			w := dev(texts...)
			w.Served = served
			p := inTmux(t, w, 80, 24, "watch", "alice", "-n", "3")
			p.shows("text-698.", "text-700.", "3 events")
			p.keys("g", "g")
			p.shows("500 older events loaded", "text-697.", "PAUSED")
			p.keys("g", "h")
			p.shows("197 older events loaded")
			p.keys("g")
			p.shows("this is the oldest event that is kept", "text-1.", "1 of 702")
			p.keys("G")
			p.shows("FOLLOWING", "700 events")
		})
	}
}

func TestWatch_SaysWhatHappenedLast(t *testing.T) {
	p := inTmux(t, dev("one", "two"), 80, 24, "watch", "alice", "-n", "0")
	p.shows("Waiting for alice@webapp's next event", "The last thing that happened here was", "bob  two", "h shows the last 50 events")
	p.keys("h")
	p.shows("one", "2 older events loaded", "FOLLOWING")
}

// TestWatch_Records: what the view was given can be replayed.
func TestWatch_Records(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it")
	p := inTmux(t, dev("one", "two", "three"), 80, 24, "watch", "alice", "-n", "2", "--record", path)
	p.shows("alice@webapp", "two", "three")
	p.keys("q")
	p.shows("ENDED WITH 0")
	if texts, said := replayed(t, path); texts != "two three" {
		t.Errorf("got %q and %s, want two three", texts, said)
	}
}

// TestWatch_RecordsWhomeverItShows: who goes to another agent finds that one
// recorded too.
func TestWatch_RecordsWhomeverItShows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it")
	p := inTmux(t, dev("one", "two"), 80, 24, "watch", "alice", "--record", path)
	p.shows("alice@webapp", "two")
	p.keys("a", "bob", "Enter")
	p.shows("bob@webapp", "two", "recorded in ")
	p.keys("q")
	p.shows("each view is recorded in a file of its own:", "ENDED WITH 0")
	for _, path := range []string{path, path + "-2"} {
		if texts, said := replayed(t, path); texts != "one two" {
			t.Errorf("%s: got %q and %s, want one two", path, texts, said)
		}
	}
}
