package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
)

// routes says what is where.
func (s *Server) routes() {
	s.get("/api/stream", s.serveStream, http.MethodGet)
	s.get("/api/state", s.answer(s.state), http.MethodGet, http.MethodHead)
	s.get("/api/agents", s.answer(s.agents), http.MethodGet, http.MethodHead)
	s.get("/api/channels", s.answer(s.channels), http.MethodGet, http.MethodHead)
	s.get("/api/why", s.answer(s.why), http.MethodGet, http.MethodHead)
	s.get("/health", s.serveHealth, http.MethodGet, http.MethodHead)
	s.get("/health/live", s.answer(s.alive), http.MethodGet, http.MethodHead)
	s.get("/health/ready", s.answer(s.ready), http.MethodGet, http.MethodHead)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, notFound("there is nothing at %q: docs/protocol.md lists the routes", clip(r.URL.Path)))
	})
}

// get routes a path to a handler that reads. ServeMux would answer other
// methods in plain text.
func (s *Server) get(path string, h http.HandlerFunc, methods ...string) {
	allow := strings.Join(methods, ", ")
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(methods, r.Method) {
			s.read(w, r, h)
			return
		}
		w.Header().Set("Allow", allow)
		s.fail(w, r, &apiError{
			status: http.StatusMethodNotAllowed, code: codeBadRequest,
			message: fmt.Sprintf("%s does not take %s: use %s", path, clip(r.Method), methods[0]),
		})
	})
}

// read answers a request that has been received whole. From here on the
// connection is read only to notice that the client goes, and the server's
// ReadTimeout would be taken for that.
func (s *Server) read(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	if r.ContentLength != 0 {
		s.fail(w, r, badRequest("%s takes no body: send the parameters in the query", r.Method))
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	h(w, r)
}

// answer makes a handler of a function that returns one JSON value.
func (s *Server) answer(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, v)
	}
}

// state is GET /api/state.
func (s *Server) state(r *http.Request) (any, error) {
	v, err := s.view(r)
	if err != nil {
		return nil, err
	}
	snap, err := s.opts.Source.Snapshot(r.Context(), v.agent)
	if err != nil {
		return nil, fmt.Errorf("take snapshot: %w", err)
	}
	return snapshotJSON(snap), nil
}

// agents is GET /api/agents.
func (s *Server) agents(r *http.Request) (any, error) {
	if s.opts.Directory == nil {
		return nil, unavailable("this server has no list of agents", nil)
	}
	list, err := s.opts.Directory.Agents(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	if list == nil {
		list = []event.AgentInfo{}
	}
	return struct {
		Agents []event.AgentInfo `json:"agents"`
	}{list}, nil
}

// channels is GET /api/channels.
func (s *Server) channels(r *http.Request) (any, error) {
	if s.opts.Directory == nil {
		return nil, unavailable("this server has no list of channels", nil)
	}
	v, err := s.view(r)
	if err != nil {
		return nil, err
	}
	list, err := s.opts.Directory.Channels(r.Context(), v.agent)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	if list == nil {
		list = []event.Channel{}
	}
	return struct {
		Channels []event.Channel `json:"channels"`
	}{list}, nil
}

func (s *Server) view(r *http.Request) (view, error) {
	v, err := values(r)
	if err != nil {
		return view{}, err
	}
	return s.parseView(r.Context(), v)
}
