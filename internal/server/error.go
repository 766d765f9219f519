package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"cslack-stream/internal/engine/event"
)

// The codes of errors, for programs. The list is part of the protocol.
const (
	codeBadRequest  = "bad_request"
	codeForbidden   = "forbidden"
	codeNotFound    = "not_found"
	codeConflict    = "conflict"
	codeTooMany     = "too_many"
	codeUnavailable = "unavailable"
	codeInternal    = "internal"
)

// apiError is an error as clients see it. The cause is for the log only.
type apiError struct {
	status  int
	code    string
	message string
	cause   error
}

func (e *apiError) Error() string {
	if e.cause == nil {
		return e.message
	}
	return fmt.Sprintf("%s: %v", e.message, e.cause)
}

func (e *apiError) Unwrap() error { return e.cause }

func badRequest(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: codeBadRequest, message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *apiError {
	return &apiError{status: http.StatusNotFound, code: codeNotFound, message: fmt.Sprintf(format, args...)}
}

func unavailable(message string, cause error) *apiError {
	return &apiError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: message, cause: cause}
}

// asAPIError gives any error the form for clients. What it does not know is
// internal: its text may hold paths and SQL, so it goes to the log alone.
func asAPIError(err error) *apiError {
	var known *apiError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, event.ErrForbidden):
		return &apiError{http.StatusForbidden, codeForbidden, "reading as this agent is not allowed here: use an agent that your token names", err}
	case errors.Is(err, event.ErrNotFound):
		return &apiError{http.StatusNotFound, codeNotFound, "there is no such agent: GET /api/agents lists them", err}
	case errors.Is(err, event.ErrUnavailable), errors.Is(err, event.ErrClosed):
		return unavailable("this can not be answered now: try again in a moment", err)
	default:
		return &apiError{http.StatusInternalServerError, codeInternal, "something is wrong in the server: its log tells what", err}
	}
}

// fail answers a request with an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := asAPIError(err)
	level := slog.LevelDebug
	switch {
	case r.Context().Err() != nil: // the client has gone: whatever failed, failed because of that
	case e.code == codeInternal:
		level = slog.LevelError
	case e.status >= 500:
		level = slog.LevelWarn
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), level, "request refused",
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", e.status), slog.Any("error", err))
	if e.status == http.StatusServiceUnavailable || e.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	writeJSON(w, e.status, struct {
		Error body `json:"error"`
	}{body{e.code, e.message}})
}

// writeJSON answers with one JSON value. That the client has gone is no
// concern of a handler, so errors of writing are dropped.
func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer could not be encoded"}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

// clip shortens what a stranger sent, for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
