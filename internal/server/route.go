package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// routes says what is where.
func (s *Server) routes() {
	stream := endpoint{s.read(s.serveStream), []string{http.MethodGet}}
	s.handle("/api/stream", stream)
	s.handle("/api/state", s.answer(s.state))
	s.handle("/api/agents", s.answer(s.agents))
	s.handle("/api/channels", s.answer(s.channels), s.does(http.MethodPost, http.StatusCreated, s.createChannel))
	s.handle("/api/why", s.answer(s.why))
	s.handle("/api/messages", s.does(http.MethodPost, http.StatusCreated, s.sendMessage))
	s.handle("/api/messages/{id}", s.does(http.MethodPut, http.StatusOK, s.editMessage), s.does(http.MethodDelete, http.StatusOK, s.deleteMessage))
	s.handle("/api/channels/{id}/join", s.does(http.MethodPost, http.StatusOK, s.joinChannel))
	s.handle("/api/channels/{id}/leave", s.does(http.MethodPost, http.StatusOK, s.leaveChannel))
	s.handle("/api/channels/{id}/archive", s.does(http.MethodPost, http.StatusOK, s.archiveChannel))
	s.handle("/api/agents/{name}/status", s.does(http.MethodPut, http.StatusOK, s.setStatus))
	s.handle("/api/notes", s.does(http.MethodPost, http.StatusCreated, s.writeNote))
	s.handle("/health", endpoint{s.read(s.serveHealth), reading})
	s.handle("/health/live", s.answer(s.alive))
	s.handle("/health/ready", s.answer(s.ready))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, notFound("there is nothing at %q: docs/protocol.md lists the routes", clip(r.URL.Path)))
	})
}

// endpoint is a handler and the methods that it takes.
type endpoint struct {
	handler http.HandlerFunc
	methods []string
}

var reading = []string{http.MethodGet, http.MethodHead}

// does is an endpoint that writes.
func (s *Server) does(method string, status int, op func(*writing) (action.Op, error)) endpoint {
	return endpoint{s.write(status, op), []string{method}}
}

// handle registers what is at a path. ServeMux would answer other methods in
// plain text.
func (s *Server) handle(path string, endpoints ...endpoint) {
	var methods []string
	for _, e := range endpoints {
		methods = append(methods, e.methods...)
	}
	allow := strings.Join(methods, ", ")
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		for _, e := range endpoints {
			if slices.Contains(e.methods, r.Method) {
				e.handler(w, r)
				return
			}
		}
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions && s.guard.preflight(w.Header(), r, allow) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		s.fail(w, r, &apiError{
			status: http.StatusMethodNotAllowed, code: codeBadRequest,
			message: fmt.Sprintf("%s does not take %s: use %s", clip(r.URL.Path), clip(r.Method), methods[0]),
		})
	})
}

// read answers a request that has been received whole. From here on the
// connection is read only to notice that the client goes, and the server's
// ReadTimeout would be taken for that.
func (s *Server) read(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			s.fail(w, r, badRequest("%s takes no body: send the parameters in the query", r.Method))
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		h(w, r)
	}
}

// answer makes an endpoint of a function that returns one JSON value.
func (s *Server) answer(f func(*http.Request) (any, error)) endpoint {
	return endpoint{s.read(func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, v)
	}), reading}
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
