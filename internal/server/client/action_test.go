package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/client"
)

// actor notes what it is asked for.
type actor struct {
	as  event.Agent
	op  action.Op
	err error
}

func (a *actor) Do(_ context.Context, as event.Agent, op action.Op) (action.Result, error) {
	a.as, a.op = as, op
	return action.Result{Message: 7, Channel: "c"}, a.err
}

// directory knows one agent.
type directory struct{ agent event.Agent }

func (d directory) Agents(context.Context) ([]event.AgentInfo, error) {
	return []event.AgentInfo{eventtest.Info(d.agent)}, nil
}

func (d directory) Channels(context.Context, event.Agent) ([]event.Channel, error) { return nil, nil }

// TestSource_Do: what is asked for arrives as it is, and so do refusals.
func TestSource_Do(t *testing.T) {
	odd := event.Agent{Name: "a/b?c d", Project: "p:1"}
	a := new(actor)
	srv := httptest.NewServer(server.New(server.Options{Source: eventtest.NewSource(), Directory: directory{odd}, Actor: a}))
	defer srv.Close()
	src, err := client.New(client.Options{URL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for _, op := range []action.Op{
		action.Send{Channel: "c", Content: "a\x00\n\u2028é", Thread: "4", Metadata: json.RawMessage(`{"a":[1]}`)},
		action.Send{To: event.Agent{Name: "bob:x"}, Content: "x"},
		action.Edit{Message: 3, Content: "x"},
		action.Delete{Message: 3},
		action.Note{Content: "x", Tags: []string{"a"}, Session: "s"},
		action.CreateChannel{Name: "x", Project: "p:1", Access: "members", Description: "d"},
		action.CreateChannel{Name: "x"},
		action.Archive{Channel: "p/q:r%2F", Undo: true},
		action.Join{Channel: "p/q:r s"},
		action.Leave{Channel: "c"},
		action.SetStatus{Status: "busy"},
	} {
		result, err := src.Do(t.Context(), odd, op)
		if err != nil || result != (action.Result{Message: 7, Channel: "c"}) {
			t.Errorf("%+v: got %+v, %v", op, result, err)
		}
		if diff := cmp.Diff(op, a.op); diff != "" || a.as != odd {
			t.Errorf("as %s (-asked +done):\n%s", a.as, diff)
		}
	}
	for _, want := range []error{action.Refuse(action.Invalid, "i"), action.Refuse(action.Missing, "m"), action.Refuse(action.Forbidden, "f"), action.Refuse(action.Conflict, "c")} {
		a.err = want
		_, err := src.Do(t.Context(), odd, action.Delete{Message: 1})
		if diff := cmp.Diff(want, err); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	a.err = event.ErrUnavailable
	if _, err := src.Do(t.Context(), odd, action.Delete{Message: 1}); !errors.Is(err, event.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}
