package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server"
)

// Options configure a Source. Everything but URL has a useful zero value.
type Options struct {
	// URL is the address of the server, for example http://127.0.0.1:8787.
	URL string
	// Token is sent as bearer token, if it is not empty.
	Token string
	// NoReconnect makes the first loss of a stream its end, with ErrLost.
	NoReconnect bool
	// OnState is told when a stream connects, is lost and connects again. It
	// is called by the stream's goroutine: it must return soon, and must not
	// close the stream.
	OnState func(State)
	// Heartbeat is how often the server sends one: 15 s. A connection that is
	// silent for three of them is given up.
	Heartbeat time.Duration
	// MaxFrame bounds the size of one event: 8 MiB.
	MaxFrame int
	// Transport makes the connections; by default one of the Source's own.
	Transport http.RoundTripper
	// Logger is where the Source logs; by default nowhere.
	Logger *slog.Logger
}

const (
	defaultHeartbeat = 15 * time.Second
	// The host allows messages of 150,000 characters, which JSON escapes can
	// make 12 bytes each.
	defaultMaxFrame = 8 << 20
	maxAnswer       = 64 << 20
	// answerTimeout is how long the beginning of an answer may take.
	answerTimeout = 30 * time.Second
)

// Source is a server somewhere else. It is safe for concurrent use.
type Source struct {
	opts Options
	base *url.URL
	http *http.Client
	log  *slog.Logger
	// roster is that of the audiences of events, where they are asked for.
	roster event.Roster

	mu     sync.Mutex
	open   map[*stream]struct{}
	closed bool
}

var (
	_ event.Source     = (*Source)(nil)
	_ server.Directory = (*Source)(nil)
)

// New returns a Source of the server at opts.URL. It does not connect.
func New(opts Options) (*Source, error) {
	base, err := url.Parse(opts.URL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("server address %q: want http://HOST:PORT, for example http://127.0.0.1:8787", opts.URL)
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	if opts.Heartbeat <= 0 {
		opts.Heartbeat = defaultHeartbeat
	}
	if opts.MaxFrame <= 0 {
		opts.MaxFrame = defaultMaxFrame
	}
	if opts.OnState == nil {
		opts.OnState = func(State) {}
	}
	if opts.Transport == nil {
		opts.Transport = transport()
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	// A redirect is told, not followed: the token is for this server only.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Source{
		opts: opts, base: base, log: opts.Logger, open: make(map[*stream]struct{}),
		http: &http.Client{Transport: opts.Transport, CheckRedirect: stay},
	}, nil
}

func transport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     time.Minute,
		ForceAttemptHTTP2:   true,
		// Whoever accepts a connection and never answers is not there.
		ResponseHeaderTimeout: answerTimeout,
		// Compressing proxies hold events back.
		DisableCompression: true,
	}
}

// Close closes all streams and idle connections. Subscribe returns
// event.ErrClosed afterwards.
func (s *Source) Close() error {
	s.mu.Lock()
	s.closed = true
	var open []*stream
	for st := range s.open {
		open = append(open, st)
	}
	s.mu.Unlock()
	for _, st := range open {
		_ = st.Close()
	}
	s.http.CloseIdleConnections()
	return nil
}

// add takes in a stream, unless the Source is closed.
func (s *Source) add(st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.open[st] = struct{}{}
	}
	return !s.closed
}

func (s *Source) remove(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, st)
}

// Snapshot implements event.Source.
func (s *Source) Snapshot(ctx context.Context, agent event.Agent) (event.Snapshot, error) {
	var snap event.Snapshot
	if err := s.get(ctx, "/api/state", agentQuery(agent, agent.IsZero()), &snap); err != nil {
		return event.Snapshot{}, fmt.Errorf("get snapshot: %w", err)
	}
	return snap, nil
}

// Agents returns all agents that the server shows.
func (s *Source) Agents(ctx context.Context) ([]event.AgentInfo, error) {
	var body struct{ Agents []event.AgentInfo }
	if err := s.get(ctx, "/api/agents", nil, &body); err != nil {
		return nil, fmt.Errorf("get agents: %w", err)
	}
	return body.Agents, nil
}

// Channels returns the channels that agent is in or may know of; for the zero
// Agent all channels.
func (s *Source) Channels(ctx context.Context, agent event.Agent) ([]event.Channel, error) {
	var body struct{ Channels []event.Channel }
	if err := s.get(ctx, "/api/channels", agentQuery(agent, agent.IsZero()), &body); err != nil {
		return nil, fmt.Errorf("get channels: %w", err)
	}
	return body.Channels, nil
}

// Why explains whether agent gets the event with that id.
func (s *Source) Why(ctx context.Context, id string, agent event.Agent) (event.Why, error) {
	q := agentQuery(agent, false)
	q.Set("event", id)
	var w event.Why
	if err := s.get(ctx, "/api/why", q, &w); err != nil {
		return event.Why{}, fmt.Errorf("get explanation: %w", err)
	}
	return w, nil
}

// Health returns how the server is. That it is not well is no error.
func (s *Source) Health(ctx context.Context) (server.Health, error) {
	var h server.Health
	if err := s.get(ctx, "/health", nil, &h, http.StatusServiceUnavailable); err != nil {
		return server.Health{}, fmt.Errorf("get health: %w", err)
	}
	return h, nil
}

// get asks for one JSON value. Other statuses than 200 and those in also are
// errors.
func (s *Source) get(ctx context.Context, path string, q url.Values, v any, also ...int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url(path, q), nil)
	if err != nil {
		return err
	}
	s.authorize(req.Header)
	resp, err := s.http.Do(req)
	if err != nil {
		return s.noAnswer(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK && !slices.Contains(also, resp.StatusCode) {
		return statusError(resp)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(v); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("decode the answer of %s: %w", s.base, err)
	}
	return nil
}

// noAnswer tells a caller who gave up from a server that does not answer.
func (s *Source) noAnswer(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return ctx.Err()
	}
	return &connectError{server: s.base.String(), cause: inner(err)}
}

func (s *Source) authorize(h http.Header) {
	if s.opts.Token != "" {
		h.Set("Authorization", "Bearer "+s.opts.Token)
	}
}

func (s *Source) url(path string, q url.Values) string {
	u := *s.base
	u.Path += path
	u.RawQuery = q.Encode()
	return u.String()
}

// agentQuery says as whom to read.
func agentQuery(agent event.Agent, operator bool) url.Values {
	if operator {
		return url.Values{"view": {"operator"}}
	}
	q := url.Values{"agent": {agent.Name}}
	if agent.Project != "" {
		q.Set("project", agent.Project)
	}
	return q
}
