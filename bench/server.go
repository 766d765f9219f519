package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Server is a running serve.
type Server struct {
	// URL is where it listens: http://127.0.0.1:port.
	URL  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how; read it after done
}

var loopback = regexp.MustCompile(`127\.0\.0\.1:[1-9][0-9]*`)

// Serve starts serve on the database at path and waits until it says where it
// listens.
func (l *Lab) Serve(ctx context.Context, path string) (*Server, error) {
	cmd := l.Command(ctx, "serve", "--db", path, "--listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start serve: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start serve: %w", err)
	}
	s := &Server{cmd: cmd, done: make(chan struct{})}
	found := make(chan string, 1)
	var said strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if at := loopback.FindString(lines.Text()); at != "" {
				found <- at
				break
			}
		}
		_, _ = io.Copy(io.Discard, stderr)
	}()
	go func() {
		<-read
		s.err = cmd.Wait()
		close(s.done)
	}()
	select {
	case at := <-found:
		s.URL = "http://" + at
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("start serve: it ended (%w) and said:\n%s", errors.Join(s.err, ctx.Err()), said.String())
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-s.done
		return nil, errors.New("start serve: it did not say where it listens")
	}
}

// PID is the server's process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop ends the server, if it has not ended yet.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
		return errors.New("stop serve: it did not stop within 5 s")
	}
	if s.err != nil {
		return fmt.Errorf("stop serve: %w", s.err)
	}
	return nil
}
