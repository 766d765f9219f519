package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// maxBody is the most that a request to write may hold.
const maxBody = 1 << 20

// writing is a request that writes: who does it, and the body.
type writing struct {
	*http.Request
	as   event.Agent
	body []byte
}

// decode reads the body into v, which names every member that it may have.
func (w *writing) decode(v any) error {
	if len(strings.TrimSpace(string(w.body))) == 0 {
		return badRequest("%s %s needs a JSON object as its body", w.Method, clip(w.URL.Path))
	}
	d := json.NewDecoder(strings.NewReader(string(w.body)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badRequest("the body is not what %s %s takes: %s", w.Method, clip(w.URL.Path), strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("the body holds more than one JSON object")
	}
	return nil
}

// write makes a handler of a function that says what the agent does; status
// is that of the answer when it is done.
func (s *Server) write(status int, op func(*writing) (action.Op, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, err := s.act(w, r, op)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		writeJSON(w, status, result)
	}
}

func (s *Server) act(w http.ResponseWriter, r *http.Request, op func(*writing) (action.Op, error)) (action.Result, error) {
	wr, err := s.parseWriting(w, r)
	if err != nil {
		return action.Result{}, err
	}
	o, err := op(wr)
	if err != nil {
		return action.Result{}, err
	}
	if err := s.writes.take(wr.as, time.Now()); err != nil {
		return action.Result{}, err
	}
	result, err := s.opts.Actor.Do(r.Context(), wr.as, o)
	s.log.DebugContext(r.Context(), "write", slog.String("as", wr.as.String()), slog.String("op", o.Verb()), slog.Any("error", err))
	if refused, ok := errors.AsType[*action.RefusedError](err); ok {
		return result, refusal(refused)
	}
	return result, err
}

// refusal is a rule of the host as clients see it.
func refusal(e *action.RefusedError) *apiError {
	switch e.Reason {
	case action.Missing:
		return notFound("%s", e.Message)
	case action.Forbidden:
		return &apiError{status: http.StatusForbidden, code: codeForbidden, message: e.Message}
	case action.Conflict:
		return &apiError{status: http.StatusConflict, code: codeConflict, message: e.Message}
	}
	return badRequest("%s", e.Message)
}

// parseWriting reads who writes and what.
func (s *Server) parseWriting(w http.ResponseWriter, r *http.Request) (*writing, error) {
	if s.opts.Actor == nil {
		return nil, &apiError{status: http.StatusForbidden, code: codeForbidden, message: "this server only reads: its database can only be looked at"}
	}
	if !s.guard.mayWrite(r) {
		return nil, &apiError{
			status: http.StatusForbidden, code: codeForbidden,
			message: fmt.Sprintf("pages of origin %q may not write here: start serve with --origin for it if they should", clip(r.Header.Get("Origin"))),
		}
	}
	// A page of another site can send forms without asking, but not JSON.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &apiError{status: http.StatusUnsupportedMediaType, code: codeBadRequest, message: "send Content-Type: application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &apiError{status: http.StatusRequestEntityTooLarge, code: codeBadRequest, message: fmt.Sprintf("the body is larger than %d bytes", tooBig.Limit)}
	}
	if err != nil {
		return nil, badRequest("the body can not be read")
	}
	v, err := values(r)
	if err != nil {
		return nil, err
	}
	who, err := s.parseView(r.Context(), v)
	if err == nil && who.operator {
		err = badRequest("view=operator: an operator writes as nobody; name the agent with agent=NAME, and project=ID unless it is global")
	}
	return &writing{r, who.agent, body}, err
}

// sendMessage is POST /api/messages.
func (s *Server) sendMessage(w *writing) (action.Op, error) {
	var b struct {
		Channel  string          `json:"channel_id"`
		To       *string         `json:"to"`
		Content  string          `json:"content"`
		Thread   string          `json:"thread_id"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := w.decode(&b); err != nil {
		return nil, err
	}
	o := action.Send{Channel: b.Channel, Content: b.Content, Thread: b.Thread, Metadata: b.Metadata}
	if b.To != nil {
		to, err := event.ParseAgent(*b.To)
		if err != nil {
			return nil, badRequest("to: %v", err)
		}
		o.To = to
	}
	return o, nil
}

// editMessage is PUT /api/messages/{id}.
func (s *Server) editMessage(w *writing) (action.Op, error) {
	var b struct {
		Content string `json:"content"`
	}
	id, err := w.messageID()
	if err == nil {
		err = w.decode(&b)
	}
	return action.Edit{Message: id, Content: b.Content}, err
}

// deleteMessage is DELETE /api/messages/{id}.
func (s *Server) deleteMessage(w *writing) (action.Op, error) {
	id, err := w.messageID()
	return action.Delete{Message: id}, err
}

func (w *writing) messageID() (int64, error) {
	id, err := strconv.ParseInt(w.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, badRequest("%q is not the number of a message", clip(w.PathValue("id")))
	}
	return id, nil
}

// createChannel is POST /api/channels.
func (s *Server) createChannel(w *writing) (action.Op, error) {
	var b struct {
		Name        string `json:"name"`
		Scope       string `json:"scope"`
		Project     string `json:"project_id"`
		Access      string `json:"access_type"`
		Description string `json:"description"`
	}
	if err := w.decode(&b); err != nil {
		return nil, err
	}
	o := action.CreateChannel{Name: b.Name, Project: b.Project, Access: b.Access, Description: b.Description}
	switch {
	case b.Scope != "" && b.Scope != "global" && b.Scope != "project":
		return nil, badRequest("scope %q: want global or project", clip(b.Scope))
	case b.Scope == "global" && b.Project != "":
		return nil, badRequest("a global channel has no project_id: leave it out, or use scope project")
	case b.Scope == "project" && b.Project == "":
		if o.Project = w.as.Project; o.Project == "" {
			return nil, badRequest("scope project: %q is of no project, so project_id is needed", w.as)
		}
	}
	return o, nil
}

func (s *Server) joinChannel(w *writing) (action.Op, error) {
	return action.Join{Channel: w.PathValue("id")}, nil
}

func (s *Server) leaveChannel(w *writing) (action.Op, error) {
	return action.Leave{Channel: w.PathValue("id")}, nil
}

func (s *Server) archiveChannel(w *writing) (action.Op, error) {
	var b struct {
		Undo bool `json:"undo"`
	}
	if len(w.body) > 0 {
		if err := w.decode(&b); err != nil {
			return nil, err
		}
	}
	return action.Archive{Channel: w.PathValue("id"), Undo: b.Undo}, nil
}

// setStatus is PUT /api/agents/{name}/status. An agent has only its own.
func (s *Server) setStatus(w *writing) (action.Op, error) {
	if name := w.PathValue("name"); name != w.as.Name {
		return nil, &apiError{status: http.StatusForbidden, code: codeForbidden, message: fmt.Sprintf("%q can not set the status of %q", w.as.Name, clip(name))}
	}
	var b struct {
		Status string `json:"status"`
	}
	err := w.decode(&b)
	return action.SetStatus{Status: b.Status}, err
}

// writeNote is POST /api/notes.
func (s *Server) writeNote(w *writing) (action.Op, error) {
	var b struct {
		Content string   `json:"content"`
		Tags    []string `json:"tags"`
		Session string   `json:"session_context"`
	}
	err := w.decode(&b)
	return action.Note{Content: b.Content, Tags: b.Tags, Session: b.Session}, err
}

// mayWrite reports whether the page that a request comes from, if it comes
// from one, may write: one of this server, or of an origin that was named.
// Another server on this machine may read, but what its pages hold need not
// be what the person who sits here wants said.
func (g guard) mayWrite(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if (err != nil || u.Host != r.Host) && !slices.Contains(g.origins, strings.ToLower(origin)) {
			return false
		}
	}
	return true
}
