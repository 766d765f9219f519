package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"time"

	"cslack-stream/bench"
)

// reader collects, for every message event that comes out of r, when its
// bytes were there.
type reader struct {
	stop  func()
	lines chan line
}

// line is one JSON object and the wall-clock nanoseconds of its arrival.
type line struct {
	data []byte
	at   int64
}

// stamped notes when the last bytes came, before anybody looks at them.
type stamped struct {
	r  io.Reader
	at int64
}

func (s *stamped) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.at = time.Now().UnixNano()
	return n, err
}

// openTail starts tail with where to read from, and waits until it is live.
func openTail(ctx context.Context, lab *bench.Lab, where ...string) (*reader, error) {
	agent := bench.Agent
	cmd := lab.Command(ctx, append([]string{"tail", "--agent", agent, "-o", "json", "-n", "0"}, where...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start tail: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start tail: %w", err)
	}
	r := newReader(stdout, nil, func() { endProcess(cmd) })
	if err := r.live(ctx); err != nil {
		r.close()
		return nil, fmt.Errorf("start tail: %w\n%s", err, stderr.Bytes())
	}
	return r, nil
}

func endProcess(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// openSSE opens the server's stream of the same agent, and waits until it is
// live.
func openSSE(ctx context.Context, base string) (*reader, error) {
	query := url.Values{"agent": {bench.Agent}, "project": {bench.Project}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/stream?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("open stream: %s", resp.Status)
	}
	r := newReader(resp.Body, []byte("data: "), func() { _ = resp.Body.Close() })
	if err := r.live(ctx); err != nil {
		r.close()
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return r, nil
}

// newReader reads the lines of from that begin with prefix.
func newReader(from io.Reader, prefix []byte, stop func()) *reader {
	r := &reader{stop: stop, lines: make(chan line, 1<<16)}
	go func() {
		defer close(r.lines)
		s := &stamped{r: from}
		in := bufio.NewReaderSize(s, 1<<20)
		for {
			data, err := in.ReadBytes('\n')
			if err != nil {
				return
			}
			if object, ok := bytes.CutPrefix(data, prefix); ok {
				r.lines <- line{object, s.at}
			}
		}
	}()
	return r
}

// live waits for the frame that says that the reader has caught up.
func (r *reader) live(ctx context.Context) error {
	late := time.After(20 * time.Second)
	for {
		select {
		case l, ok := <-r.lines:
			if !ok {
				return errors.New("it ended before it was live")
			}
			if bytes.Contains(l.data, []byte(`"type":"stream.live"`)) {
				return nil
			}
		case <-late:
			return errors.New("it did not say that it is live")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect returns when each message arrived, by its id, after n messages or
// when nothing has come for 3 seconds.
func (r *reader) collect(n int) map[int64]int64 {
	seen := make(map[int64]int64, n)
	for len(seen) < n {
		select {
		case l, ok := <-r.lines:
			if !ok {
				return seen
			}
			var e struct {
				Type string
				Data struct{ ID int64 }
			}
			if json.Unmarshal(l.data, &e) == nil && e.Type == "message.new" {
				if _, again := seen[e.Data.ID]; !again {
					seen[e.Data.ID] = l.at
				}
			}
		case <-time.After(3 * time.Second):
			return seen
		}
	}
	return seen
}

func (r *reader) close() { r.stop() }
