package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

// explainer knows one event, which is for nobody.
type explainer struct{ known *event.Event }

func (x explainer) Find(_ context.Context, id string) (*event.Event, error) {
	switch id {
	case x.known.Cursor.String():
		return x.known, nil
	case "old-1":
		return nil, &event.GapError{Reason: event.GapEpoch, Requested: event.Cursor{Epoch: "old", Offset: 1}}
	case "busy-1":
		return nil, fmt.Errorf("disk: %w", event.ErrUnavailable)
	case "broken-1":
		return nil, errors.New("/secret/path: disk I/O error")
	}
	return nil, event.ErrNotFound
}

func (x explainer) Why(_ context.Context, e *event.Event, a event.Agent) (event.Why, error) {
	return event.Why{Event: e.Cursor, At: time.Unix(0, 0).UTC(), Agent: a.String(), Rule: event.RuleParty, Channel: "#dm", Others: []string{"gina:", "<b>:x"}}, nil
}

func TestServer_Why(t *testing.T) {
	src := eventtest.NewSource()
	known := src.Append(message(1))
	r := start(t, server.Options{Directory: people(), Explainer: explainer{known}})
	var got struct {
		event.Why
		Text string
	}
	r.getJSON("/api/why?agent=alice&project=web&event="+known.Cursor.String(), &got)
	if want := "alice@web did not get it: it is in the direct channel of gina@global and <b>:x."; got.Text != want || got.Event != known.Cursor || got.Agent != "alice:p1" {
		t.Errorf("got %+v, want %s", got, want)
	}
	for query, want := range map[string]int{
		"agent=gina":                                    http.StatusBadRequest,
		"agent=gina&event=rubbish":                      http.StatusBadRequest,
		"agent=gina&event=message:3":                    http.StatusNotFound,
		"agent=gina&event=old-1":                        http.StatusNotFound,
		"agent=gina&event=broken-1":                     http.StatusInternalServerError,
		"agent=gina&event=busy-1":                       http.StatusServiceUnavailable,
		"agent=zoe&event=" + known.Cursor.String():      http.StatusNotFound,
		"view=operator&event=" + known.Cursor.String():  http.StatusBadRequest,
		"event=" + known.Cursor.String():                http.StatusBadRequest,
		"agent=gina&event=" + strings.Repeat("x", 9999): http.StatusBadRequest,
	} {
		if resp, body := r.getError(http.MethodGet, "/api/why?"+query); resp.StatusCode != want || len(body.Error.Message) > 400 || strings.Contains(body.Error.Message, "secret") {
			t.Errorf("%.60s: got status %d and %q, want %d", query, resp.StatusCode, body.Error.Message, want)
		}
	}
}
