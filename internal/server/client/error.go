package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// ErrLost means that the connection of a stream was lost and Options forbid to
// connect again. The error that wraps it tells why.
var ErrLost = errors.New("stream lost")

// StatusError is an answer of the server that is not what was asked for. It
// is event.ErrForbidden, event.ErrNotFound or event.ErrUnavailable for
// errors.Is if its status says so.
type StatusError struct {
	Status int
	// Code and Message are those of the server's error, if it sent one.
	Code, Message string
	// RetryAfter is how long the server asks to wait; 0 if it does not.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Message
}

// Is matches the errors of sources.
func (e *StatusError) Is(target error) bool {
	switch target {
	case event.ErrForbidden:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	case event.ErrNotFound:
		return e.Status == http.StatusNotFound
	case event.ErrUnavailable:
		return !e.permanent()
	}
	return false
}

// refusal returns what a rule of the host said, if it was one.
func (e *StatusError) refusal() error {
	reasons := map[int]action.Reason{
		http.StatusBadRequest: action.Invalid, http.StatusForbidden: action.Forbidden,
		http.StatusNotFound: action.Missing, http.StatusConflict: action.Conflict,
	}
	if reason, ok := reasons[e.Status]; ok && e.Message != "" {
		return &action.RefusedError{Reason: reason, Message: e.Message}
	}
	return e
}

// permanent reports whether the same request would be answered so again.
func (e *StatusError) permanent() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500
}

// notStreamError is a success that is not an event stream: something else
// answers at that address.
type notStreamError struct{ contentType string }

func (e *notStreamError) Error() string {
	return fmt.Sprintf("the answer is %q, not an event stream: is this the address of a cslack-stream server?", e.contentType)
}

// connectError means that no answer came.
type connectError struct {
	server string
	cause  error
}

func (e *connectError) Error() string {
	return fmt.Sprintf("connect to %s: %v: start the server with \"cslack-stream serve\", or check the address", e.server, e.cause)
}

func (e *connectError) Unwrap() []error { return []error{e.cause, event.ErrUnavailable} }

// inner takes off what net/http wraps around errors: method and URL, which
// may hold what does not belong on a screen.
func inner(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// maxErrorBody bounds what is read of an error's body.
const maxErrorBody = 64 << 10

// statusError reads an answer that is an error. It does not close the body.
func statusError(resp *http.Response) *StatusError {
	e := &StatusError{Status: resp.StatusCode}
	var body struct {
		Error struct{ Code, Message string }
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err == nil && json.Unmarshal(b, &body) == nil {
		e.Code, e.Message = body.Error.Code, body.Error.Message
	}
	if e.Message == "" && resp.StatusCode/100 == 3 {
		e.Message = fmt.Sprintf("the server redirects to %s: use that address", resp.Header.Get("Location"))
	}
	if n, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16); err == nil {
		e.RetryAfter = time.Duration(n) * time.Second
	}
	return e
}
