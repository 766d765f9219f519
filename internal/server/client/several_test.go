package client_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/client"
)

func names(a *event.Audience) (out []string) {
	for _, agent := range a.Agents() {
		out = append(out, agent.String())
	}
	return out
}

// A client's events say who of those asked for may see them, addressee
// included; their wire form is that of every other reader.
func TestSeveral_EventsHaveAudiences(t *testing.T) {
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	want := []*event.Event{
		log.Append(message(1), eventtest.Bob, eventtest.Alice, eventtest.Carol),
		log.Append(eventtest.DM(2, eventtest.Bob, eventtest.Gina, "x"), eventtest.Bob),
		log.Append(message(3), eventtest.Bob, eventtest.Alice, eventtest.Gina),
		log.Append(message(4), eventtest.Alice, eventtest.Bob),
	}
	req := event.Request{Agent: eventtest.Alice, Also: []event.Agent{eventtest.Bob}}
	for _, e := range eventtest.ReadAll(t, subscribe(t, src, req)) {
		if e.Audience != nil {
			t.Errorf("not asked for: got audience %v, want none", names(e.Audience))
		}
	}
	req.Audience = true
	events := eventtest.ReadAll(t, subscribe(t, src, req))
	var got [][]string
	for i, e := range events {
		got = append(got, names(e.Audience))
		if string(e.Wire) != string(want[i].Wire) {
			t.Errorf("event %d: got wire %s, want %s", i, e.Wire, want[i].Wire)
		}
	}
	if diff := cmp.Diff([][]string{{"alice:p1", "bob:p1"}, {"bob:p1"}, {"alice:p1", "bob:p1"}, {"alice:p1", "bob:p1"}}, got); diff != "" {
		t.Errorf("of two agents (-want +got):\n%s", diff)
	}
	if events[0].Audience != events[3].Audience {
		t.Error("got two audiences of the same agents, want one")
	}
	dm := eventtest.ReadAll(t, subscribe(t, src, event.Request{Operator: true, Audience: true}))[1]
	if !dm.Audience.Includes(eventtest.Gina) || !dm.Audience.Includes(eventtest.Bob) || dm.Audience.Includes(eventtest.Alice) {
		t.Errorf("to the operator: got %v, want bob and gina, the addressee", names(dm.Audience))
	}
}

// A server that does not know of audiences must not look like one that shows
// everything to nobody.
func TestSeveral_ServerWithoutAudiences(t *testing.T) {
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log}, "")
	log.Append(message(1), eventtest.Alice)
	deaf := roundTripper(func(r *http.Request) (*http.Response, error) {
		q := r.URL.Query()
		q.Del("audience")
		r.URL.RawQuery = q.Encode()
		return http.DefaultTransport.RoundTrip(r)
	})
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	src := dial(t, client.Options{URL: "http://" + addr, Transport: deaf})
	st, err := src.Subscribe(t.Context(), event.Request{Agent: eventtest.Alice, Audience: true, Follow: true})
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err = st.Next(ctx)
		_ = st.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "update it") {
		t.Errorf("got %v, want an error that says to update the server", err)
	}
}
