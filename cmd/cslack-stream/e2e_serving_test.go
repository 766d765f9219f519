//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server"
)

// serving is a running serve.
type serving struct {
	*child
	url    string
	client *http.Client
}

// serve starts serve on a free port and waits until it serves.
func (sc *scene) serve(args ...string) *serving {
	sc.t.Helper()
	return sc.serves(sc.start(sc.serveArgs(args...)...))
}

func (sc *scene) serveArgs(args ...string) []string {
	return append([]string{"serve", "--db", sc.db, "--listen", "127.0.0.1:0"}, args...)
}

// serves waits until a serve that was started serves.
func (sc *scene) serves(c *child) *serving {
	sc.t.Helper()
	s := &serving{child: c, client: &http.Client{Transport: new(http.Transport)}}
	c.err.until(sc.t, "the address", servingAt.MatchString)
	s.url = servingAt.FindStringSubmatch(c.err.String())[1]
	sc.t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// get returns the body of an answer, or an error.
func (s *serving) get(path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return body, err
}

// health is what the server says of itself.
func (s *serving) health() server.Health {
	s.t.Helper()
	body, err := s.get("/health")
	if err != nil {
		s.t.Fatalf("health: %v", err)
	}
	var h server.Health
	if err := json.Unmarshal(body, &h); err != nil {
		s.t.Fatal(err)
	}
	return h
}

// beginning is the cursor before everything that the server retains.
func (s *serving) beginning() string {
	s.t.Helper()
	return s.health().Latest.Epoch + "-0"
}

// agentQuery is the query of an agent's stream.
func agentQuery(a event.Agent) string {
	q := url.Values{"agent": {a.Name}}
	if a.Project != "" {
		q.Set("project", a.Project)
	}
	return q.Encode()
}
