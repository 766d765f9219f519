//go:build unix

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"cslack-stream/internal/server"
)

// TestConfig_TakeOver takes what can be changed while serve runs, and no more.
func TestConfig_TakeOver(t *testing.T) {
	t.Parallel()
	c := parsed(t, "listen: 127.0.0.1:1\n")
	next := parsed(t, "listen: 127.0.0.1:2\nlog: {level: error, format: json}\nlimits: {write_timeout_seconds: 3}\nevent_streaming: {event_ttl_days: 1, dm_ttl_days: 30}\n")
	for range 2 {
		taken, kept := c.takeOver(next)
		wantKept := []string{"listen", "log.format"}
		if !slices.Equal(kept, wantKept) {
			t.Errorf("got %q kept, want %q", kept, wantKept)
		}
		if c.Listen != "127.0.0.1:1" || c.LogFormat != "text" || c.LogLevel != "error" || c.WriteTimeoutSeconds != 3 || c.EventTTLDays != 1 {
			t.Errorf("got %+v, want the new level, limit and days only", c)
		}
		_ = taken
	}
	if taken, _ := c.takeOver(next); len(taken) != 0 {
		t.Errorf("got %q taken again, want nothing", taken)
	}
}

// TestServe_ReloadsConfiguration: SIGHUP takes what can be changed, says what
// can not, and a broken file changes nothing.
func TestServe_ReloadsConfiguration(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	path := sc.config("event_streaming: {event_ttl_days: 3}\n")
	s := sc.serve("--config", path)
	f := s.open(operatorQuery, s.beginning())
	reload := func(content string, wanted ...string) {
		t.Helper()
		sc.config(content)
		before := len(s.err.String())
		s.signal(syscall.SIGHUP)
		s.err.until(t, strings.Join(wanted, " and "), func(text string) bool {
			return !slices.ContainsFunc(wanted, func(want string) bool { return !strings.Contains(text[before:], want) })
		})
	}
	w.Exec(say("first"))
	f.untilText("first")
	reload("event_streaming: {event_ttl_days: 5, dm_ttl_days: 6, batch_size: 3}\nlisten: 127.0.0.1:1\n",
		`msg="configuration reloaded" changed="event_streaming.event_ttl_days event_streaming.dm_ttl_days"`,
		`msg="configuration: some changes need a restart" keys=event_streaming.batch_size`)
	w.Exec(say("second"))
	w.Exec(dm("secret")...)
	f.untilText("secret")
	reload("event_streaming:\n  event_ttl_days: soon\n",
		`level=ERROR msg="configuration not reloaded: the one before stays in effect"`, `c.yaml:2: event_streaming.event_ttl_days`, "want a whole number")
	reload("auth: {mode: token}\nevent_streaming: {event_ttl_days: 9}\n", "c.yaml:1: auth.mode: authentication is not available")
	w.Exec(say("third"))
	f.untilText("third")
	reload("log: {level: debug}\nevent_streaming: {event_ttl_days: 5, dm_ttl_days: 6}\n", "changed=log.level")
	s.open(operatorQuery, "")
	s.err.until(t, "a line of level debug", func(text string) bool { return strings.Contains(text, "level=DEBUG msg=\"stream opened\"") })
	s.stop()
	for text, want := range map[string]string{"first": "3", "second": "5", "third": "5"} {
		if public, direct := sc.days(eventFile(sc.db), text, "secret"); !slices.Equal(public, []string{want}) || !slices.Equal(direct, []string{"6"}) {
			t.Errorf("%s: got %q days and %q for direct messages, want %s and 6", text, public, direct, want)
		}
	}
}

// TestServe_TerminalHangsUp: a server whose terminal is closed stops in order;
// one that was started to stay goes on.
func TestServe_TerminalHangsUp(t *testing.T) {
	t.Parallel()
	for _, stays := range []bool{false, true} {
		sc, _ := newWorldScene(t)
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "serve", "--db", sc.db, "--listen", "127.0.0.1:0")
		cmd.Args[0] = "cslack-stream" // TestMain goes by the name
		if stays {
			nohup := `trap "" HUP; exec "$0" "$@"`
			link := filepath.Join(sc.home, "cslack-stream")
			if err := os.Symlink(self, link); err != nil {
				t.Fatal(err)
			}
			cmd = exec.Command("sh", append([]string{"-c", nohup, link}, cmd.Args[1:]...)...)
		}
		cmd.Env = sc.environ()
		p := &terminalProgram{cmd: cmd}
		if p.screen, err = pty.Start(cmd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		p.until(t, "http://127.0.0.1:")
		p.until(t, "\r\n")
		url := regexp.MustCompile(`at (http://\S+)`).FindStringSubmatch(p.read.String())[1]
		s := &serving{child: &child{t: t}, url: url, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		_ = p.screen.Close()
		if !stays {
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("got %v, want an end in order", err)
				}
			case <-time.After(patience):
				t.Error("the server does not end")
			}
			continue
		}
		// What it says of the reload nobody can read: it answers afterwards.
		for range 3 {
			_ = cmd.Process.Signal(syscall.SIGHUP)
			if h := s.health(); h.Status != server.StatusHealthy {
				t.Errorf("got health %+v, want it to serve on", h)
			}
		}
		_ = cmd.Process.Signal(os.Interrupt)
		if err := <-ended; err != nil {
			t.Errorf("got %v, want an end in order", err)
		}
	}
}

// TestServe_WriteTimeout: a reader that never reads is cut after the time that
// is configured, at the start or since.
func TestServe_WriteTimeout(t *testing.T) {
	t.Parallel()
	const soon, late = "limits: {write_timeout_seconds: 1}\n", "limits: {write_timeout_seconds: 600}\n"
	for _, first := range []string{soon, late} {
		sc, w := newWorldScene(t)
		s := sc.serve("--config", sc.config(first))
		if first != soon {
			sc.config(soon)
			s.signal(syscall.SIGHUP)
			s.err.until(t, "a reload", func(text string) bool { return strings.Contains(text, "changed=limits.write_timeout_seconds") })
		}
		stuck, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer stuck.Close()
		fmt.Fprintf(stuck, "GET /api/stream?%s HTTP/1.1\r\nHost: localhost\r\n\r\n", operatorQuery)
		eventually(t, "that the stream is open", func() bool { return s.health().ActiveConnections == 1 })
		w.Exec(sayEach(strings.Repeat("x", 50_000), 300)...)
		eventually(t, "that the reader is cut", func() bool { return s.health().ActiveConnections == 0 })
	}
}
