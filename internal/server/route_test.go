package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

func people() workspace {
	return workspace{
		agents: []event.AgentInfo{
			agentIn("alice", "p1", "web"), agentIn("alice", "p2", "api"), agentIn("bob", "p1", "web"),
			agentIn("gina", "", ""), agentIn("dora", "p3", "twin"), agentIn("dora", "p4", "twin"),
			agentIn("p1", "", ""), agentIn("erin", "web", "other"), agentIn("erin", "p1", "web"),
		},
		channels: map[event.Agent][]event.Channel{
			{}:              {{ID: "global:general"}, {ID: "p1:dev"}},
			eventtest.Alice: {{ID: "p1:dev"}},
		},
	}
}

func TestServer_State(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Append(message(1), eventtest.Alice)
	r.src.Append(message(2), eventtest.Bob)
	var snap event.Snapshot
	r.getJSON("/api/state?agent=alice&project=p1", &snap)
	if snap.Cursor != r.src.Latest() || len(snap.RecentMessages) != 1 || snap.Agent.Key() != eventtest.Alice {
		t.Errorf("got %+v, want alice's state", snap)
	}
	r.getJSON("/api/state?view=operator", &snap)
	if len(snap.RecentMessages) != 2 || snap.Agent != nil {
		t.Errorf("got %d messages of %v, want 2 of nobody: the whole workspace", len(snap.RecentMessages), snap.Agent)
	}
}

func TestServer_Lists(t *testing.T) {
	r := start(t, server.Options{Directory: people()})
	var agents struct{ Agents []event.AgentInfo }
	r.getJSON("/api/agents", &agents)
	raw := cmpopts.IgnoreFields(event.AgentInfo{}, "LastActive", "CreatedAt") // nil arrives as null
	if diff := cmp.Diff(people().agents, agents.Agents, raw); diff != "" {
		t.Errorf("agents differ (-want +got):\n%s", diff)
	}
	for query, want := range map[string]int{
		"view=operator": 2, "agent=alice&project=p1": 1, "agent=alice&project=web": 1, "agent=gina": 0,
	} {
		var channels struct{ Channels []event.Channel }
		r.getJSON("/api/channels?"+query, &channels)
		if channels.Channels == nil || len(channels.Channels) != want {
			t.Errorf("%s: got %v, want a list of %d", query, channels.Channels, want)
		}
	}
}

func TestServer_ListsFail(t *testing.T) {
	broken := start(t, server.Options{Directory: workspace{err: errors.New("disk I/O error")}})
	without := start(t, server.Options{})
	for _, path := range []string{"/api/agents", "/api/channels?view=operator"} {
		if resp, body := broken.getError("GET", path); resp.StatusCode != http.StatusInternalServerError || strings.Contains(body.Error.Message, "disk") {
			t.Errorf("%s: got %d %q, want 500 that does not tell the cause", path, resp.StatusCode, body.Error.Message)
		}
		if resp, _ := without.getError("GET", path); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s without directory: got %d, want 503", path, resp.StatusCode)
		}
	}
}

func TestServer_ResolvesAgents(t *testing.T) {
	r := start(t, server.Options{Directory: people()})
	tests := []struct {
		query  string
		status int
		want   []string // agent, or what the message names
	}{
		{"agent=alice&project=p1", 200, []string{"alice:p1"}},
		{"agent=alice&project=api", 200, []string{"alice:p2"}},
		{"agent=gina", 200, []string{"gina:"}},
		{"agent=gina&project=", 200, []string{"gina:"}},
		{"agent=erin&project=web", 200, []string{"erin:web"}}, // an id wins over a name
		{"agent=bob", 404, []string{`no global agent "bob"`, "project=p1 (web)"}},
		{"agent=alice", 404, []string{`no global agent "alice"`, "p1 (web)", "p2 (api)"}},
		{"agent=gina&project=web", 404, []string{`"gina"`, "leave project out"}},
		{"agent=bob&project=nosuch", 404, []string{`project "nosuch"`, "project=p1"}},
		{"agent=alcie&project=p1", 404, []string{`"alcie"`, `did you mean "alice"`}},
		{"agent=zzzzzz", 404, []string{`"zzzzzz"`, "/api/agents"}},
		{"agent=dora&project=twin", 400, []string{`"twin"`, "p3", "p4"}},
		{"agent=a%0Ab", 404, []string{`"a\nb"`}},
	}
	for _, tt := range tests {
		if tt.status == 200 {
			var snap event.Snapshot
			r.getJSON("/api/state?"+tt.query, &snap)
			if got := snap.Agent.Key().String(); got != tt.want[0] {
				t.Errorf("%s: got agent %s, want %s", tt.query, got, tt.want[0])
			}
			continue
		}
		for _, route := range []string{"/api/state?", "/api/stream?", "/api/channels?"} {
			resp, body := r.getError("GET", route+tt.query)
			if resp.StatusCode != tt.status {
				t.Errorf("%s%s: got %d, want %d", route, tt.query, resp.StatusCode, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(body.Error.Message, want) {
					t.Errorf("%s%s: got message %q, want it to name %q", route, tt.query, body.Error.Message, want)
				}
			}
		}
	}
}

func TestServer_UnknownPathAndMethod(t *testing.T) {
	r := start(t, server.Options{Directory: people()})
	for _, path := range []string{"/", "/nope", "/api", "/api/stream/", "/health/x"} {
		if resp, body := r.getError("GET", path); resp.StatusCode != http.StatusNotFound || body.Error.Code != "not_found" {
			t.Errorf("GET %s: got %d %s, want 404 not_found", path, resp.StatusCode, body.Error.Code)
		}
	}
	for _, path := range []string{"/api/stream", "/api/state", "/api/agents", "/api/why", "/health", "/health/live", "/health/ready"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "FOO"} {
			resp, _ := r.getError(method, path)
			if allow := resp.Header.Get("Allow"); resp.StatusCode != http.StatusMethodNotAllowed || !strings.HasPrefix(allow, "GET") {
				t.Errorf("%s %s: got %d, Allow %q, want 405 and GET", method, path, resp.StatusCode, allow)
			}
		}
	}
	if resp := r.request("HEAD", "/health"); resp.StatusCode != http.StatusOK {
		t.Errorf("HEAD /health: got %d, want 200", resp.StatusCode)
	}
	if resp := r.request("HEAD", "/api/stream?view=operator"); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD of a stream: got %d, want 405", resp.StatusCode)
	}
}

func TestServer_Health(t *testing.T) {
	latest := event.Cursor{Epoch: "test1", Offset: 42}
	health := server.Health{Status: server.StatusDegraded, Backend: "hybrid", EventTableSize: 7, RedisConnected: true, Latest: latest}
	r := start(t, server.Options{Health: func(context.Context) server.Health { return health }})
	for i := range int64(40) {
		r.src.Append(message(i+1), eventtest.Alice)
	}
	for _, path := range []string{alice, alice, "/api/stream?view=operator"} {
		r.open(path).skip(event.StreamLive)
	}
	var got server.Health
	eventually(t, "the readers' places are known", func() bool {
		r.getJSON("/health", &got)
		return got.QueueSizes["alice:p1"] == 2 && got.QueueSizes["operator"] == 2
	})
	want := health
	want.ActiveConnections = 3
	want.QueueSizes = map[string]int64{"alice:p1": 2, "operator": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("health differs (-want +got):\n%s", diff)
	}
	body, err := io.ReadAll(r.request("GET", "/health").Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"status", "backend", "active_connections", "queue_sizes", "event_table_size", "redis_connected"} {
		if !strings.Contains(string(body), `"`+key+`":`) {
			t.Errorf("got %s, want the key %s", body, key)
		}
	}
}

func TestServer_HealthStatus(t *testing.T) {
	for _, tt := range []struct {
		health             server.Health
		whole, live, ready int
	}{
		{server.Health{Status: server.StatusHealthy}, 200, 200, 200},
		{server.Health{Status: server.StatusDegraded}, 200, 200, 200},
		{server.Health{Status: server.StatusFailed}, 503, 200, 503},
		{server.Health{Status: server.StatusFailed, MustRestart: true}, 503, 503, 503},
	} {
		r := start(t, server.Options{Health: func(context.Context) server.Health { return tt.health }})
		got := []int{
			r.request("GET", "/health").StatusCode,
			r.request("GET", "/health/live").StatusCode,
			r.request("GET", "/health/ready").StatusCode,
		}
		if diff := cmp.Diff([]int{tt.whole, tt.live, tt.ready}, got); diff != "" {
			t.Errorf("%+v: statuses differ (-want +got):\n%s", tt.health, diff)
		}
	}
	r := start(t, server.Options{})
	var h server.Health
	r.getJSON("/health", &h)
	if h.Status != server.StatusHealthy {
		t.Errorf("without a hook: got %s, want healthy", h.Status)
	}
}
