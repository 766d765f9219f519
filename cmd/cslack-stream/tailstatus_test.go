//go:build unix

package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cslack-stream/internal/engine/event/eventtest"
)

// busy is a world in which n things are said as soon as somebody follows, one
// in seven of them longer than a line.
func busy(n int) *world {
	w := dev("one", "two")
	for i := range n {
		text := fmt.Sprintf("said %04d", i)
		if i%7 == 0 {
			text += strings.Repeat(" and more of it", 20) + "."
		}
		w.Later = append(w.Later, worldEvent{From: "bob:p1", Channel: "g:dev", Text: text, At: eventtest.Day.Add(2*time.Second + time.Duration(i)*time.Millisecond)})
	}
	return w
}

// scrollback is all that was printed, lines that were broken put together.
func (p *tmuxProgram) scrollback() []string {
	p.t.Helper()
	all := strings.Split(strings.TrimRight(p.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "story"), "\n"), "\n")
	for i, line := range all {
		all[i] = strings.TrimRight(line, " ")
	}
	return all
}

// said are the texts that the lines of a tail end with.
func said(lines []string) []string {
	var out []string
	for _, line := range lines {
		if _, text, ok := strings.Cut(line, " bob     "); ok {
			out = append(out, text)
		}
	}
	return out
}

const status = "  ctrl-c stops" // the end of one

func TestTail_ShowsItsStateBelowTheLines(t *testing.T) {
	const n = 500
	w := busy(n)
	p := inTmux(t, w, 80, 24, "tail", "alice")
	last := w.Later[n-1].Text
	p.shows(last, "\n\n alice@webapp  ● live (direct)", "502 events"+status)
	for _, size := range []string{"60 15", "140 40", "45 8", "90 3", "100 30"} {
		columns, lines, _ := strings.Cut(size, " ")
		p.tmux("resize-window", "-t", "story", "-x", columns, "-y", lines)
		if lines == "3" {
			p.shows(last) // and there is no room for the state
			continue
		}
		p.shows(last+"\n\n", "● live (direct)")
	}
	p.shows("502 events" + status)
	p.keys("C-c")
	p.shows("ENDED WITH 130")

	got := p.scrollback()
	want := []string{"one", "two"}
	for _, e := range w.Later {
		want = append(want, e.Text)
	}
	if texts := said(got); !slices.Equal(texts, want) {
		t.Errorf("got %d lines, want %d, each once and in order; the end:\n%s", len(texts), len(want), strings.Join(got[max(0, len(got)-20):], "\n"))
	}
	end := []string{w.Later[n-1].Text, "cslack-stream: 502 lines, resume: cslack-stream tail alice@webapp --since-id test1-502", "ENDED WITH 130"}
	if tail := got[max(0, len(got)-3):]; !strings.HasSuffix(tail[0], end[0]) || !slices.Equal(tail[1:], end[1:]) {
		t.Errorf("got the end %q, want %q", tail, end)
	}
	for i, line := range got {
		if strings.Contains(line, status) || line == "" {
			t.Errorf("got line %d %q, want nothing left of the state", i, line)
		}
	}
}

func TestTail_TakesItsStateAwayWhateverEndsIt(t *testing.T) {
	for _, tt := range []struct {
		end  syscall.Signal
		code int
	}{{syscall.SIGHUP, 0}, {syscall.SIGTERM, exitTerminated}, {syscall.SIGINT, exitInterrupted}} {
		t.Run(tt.end.String(), func(t *testing.T) {
			p := inTmux(t, dev("one"), 80, 24, "tail", "alice")
			p.shows("one", "● live (direct)", status)
			p.signal(tt.end)
			p.shows("BEFORE", "ENDED WITH "+strconv.Itoa(tt.code)+"\n")
			got := p.scrollback()
			if all := strings.Join(got, "\n"); strings.Contains(all, status) || slices.Contains(got, "") {
				t.Errorf("got\n%s\nwant nothing left of the state", all)
			}
			if state := strings.TrimSpace(p.tmux("display-message", "-p", "-t", "story", "#{cursor_flag} #{wrap_flag}")); state != "1 1" {
				t.Errorf("got cursor and wrapping %s, want both on", state)
			}
		})
	}
	p := inTmux(t, busy(3), 80, 24, "tail", "alice", "-n", "0", "--count", "2")
	p.shows("ENDED WITH 0")
	if got := strings.Join(p.scrollback(), "\n"); strings.Contains(got, status) || !strings.Contains(got, "said 0001\nENDED WITH 0") {
		t.Errorf("--count: got\n%s\nwant nothing left of the state", got)
	}
	p = inTmux(t, dev("one"), 80, 24, "tail", "alice", "--timeout", "1s")
	p.shows(status)
	p.shows("ENDED WITH 124")
	if got := strings.Join(p.scrollback(), "\n"); strings.Contains(got, status) || !strings.Contains(got, "one\ncslack-stream: nothing to show for 1s (--timeout)\nENDED") {
		t.Errorf("--timeout: got\n%s\nwant nothing left of the state", got)
	}
}

func TestTail_LeavesWhatIsTypedAlone(t *testing.T) {
	p := inTmuxScript(t, dev("one"), 80, 24, `echo BEFORE; $DIR/cslack-stream tail alice; read first; echo "READ $first"; exec sleep 60`)
	p.shows("one\n\n alice@webapp  ● live (direct)")
	p.keys("Enter")
	p.tmux("resize-window", "-t", "story", "-x", "90", "-y", "24") // and it is drawn anew
	p.shows("one\n\n\n alice@webapp  ● live (direct)")             // an empty line, and no second state
	p.keys("typed")
	p.shows("one\n\ntyped\n alice@webapp")
	// ctrl-c makes the terminal forget what nobody has read.
	p.keys("C-c")
	p.shows("resume:")
	p.keys("afterwards", "Enter")
	p.shows("READ afterwards")
}

func TestTail_IsStoppedAndContinued(t *testing.T) {
	p := inTmuxScript(t, dev("one"), 80, 24, `set -m; echo BEFORE; $DIR/cslack-stream tail alice; echo STOPPED; read line; fg; echo "ENDED"; exec sleep 60`)
	p.shows("one\n\n alice@webapp  ● live (direct)")
	p.keys("C-z")
	p.shows("STOPPED\n")
	if got := strings.Join(p.scrollback(), "\n"); strings.Contains(got, status) {
		t.Errorf("got\n%s\nwant no state while it is stopped", got)
	}
	p.keys("Enter")
	p.shows("STOPPED\n", "alice@webapp  ● live (direct)")
	p.keys("C-c")
	p.shows("resume:", "ENDED")
	if got := strings.Join(p.scrollback(), "\n"); strings.Contains(got, status) {
		t.Errorf("got\n%s\nwant nothing left of the state", got)
	}
}

func TestTail_ShowsNoStateWhereItIsNotWanted(t *testing.T) {
	for name, args := range map[string][]string{
		"no status": {"--no-status"}, "quiet": {"--quiet"}, "json": {"-o", "json"}, "raw": {"-o", "raw"},
		"template": {"--template", "{{.Text}}"}, "no follow": {"--no-follow"},
	} {
		p := inTerminal(t, dev("one"), append([]string{"tail", "alice", "--color", "never"}, args...)...)
		p.until(t, "one")
		_ = p.cmd.Process.Signal(os.Interrupt)
		if got, _ := p.end(t); strings.Contains(got, "\x1b") {
			t.Errorf("%s: got %q, want lines alone", name, got)
		}
	}
	for _, env := range []string{"CI=1", "TERM=dumb", "TERM=", "CLAUDECODE=1"} {
		p := inTmuxScript(t, dev("one"), 80, 24, `export `+env+`; $DIR/cslack-stream tail alice --count 1 --timeout 5s; echo "ENDED WITH $?"; exec sleep 60`)
		p.shows("one\nENDED WITH 0")
	}
	p := inTmuxScript(t, dev("one", "two"), 80, 24, `$DIR/cslack-stream tail alice --timeout 1s 2>$DIR/err; echo "ENDED WITH $?"; exec sleep 60`)
	p.shows("two\nENDED WITH 124")
}
