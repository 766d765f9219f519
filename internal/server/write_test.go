package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

// actor notes what it is asked for.
type actor struct {
	mu   sync.Mutex
	done []string
	err  error
}

func (a *actor) Do(_ context.Context, as event.Agent, op action.Op) (action.Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return action.Result{}, a.err
	}
	a.done = append(a.done, fmt.Sprintf("%s %s %+v", as, op.Verb(), op))
	return action.Result{Message: 7}, nil
}

// send makes a request with a body, as a program does that knows how.
func (r *running) send(method, path, body string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.addr+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		r.t.Fatal(err)
	}
	return resp, b.String()
}

const asAlice = "?agent=alice&project=p1"

func TestServer_Writes(t *testing.T) {
	a := new(actor)
	r := start(t, server.Options{Directory: people(), Actor: a})
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{
			"POST", "/api/messages", `{"channel_id":"p1:dev","content":"hi","thread_id":"3","metadata":{"a":1}}`, 201,
			`alice:p1 send {Channel:p1:dev To::  Content:hi Thread:3 Metadata:[123 34 97 34 58 49 125]}`,
		},
		{"POST", "/api/messages", `{"to":"bob:p1","content":"hi"}`, 201, `alice:p1 send {Channel: To:bob:p1 Content:hi Thread: Metadata:[]}`},
		{"PUT", "/api/messages/12", `{"content":"new"}`, 200, `alice:p1 edit {Message:12 Content:new}`},
		{"DELETE", "/api/messages/12", ``, 200, `alice:p1 delete {Message:12}`},
		{"POST", "/api/channels", `{"name":"x","scope":"project","access_type":"members","description":"d"}`, 201, `alice:p1 create {Name:x Project:p1 Access:members Description:d}`},
		{"POST", "/api/channels", `{"name":"x"}`, 201, `alice:p1 create {Name:x Project: Access: Description:}`},
		{"POST", "/api/channels/a%2Fb:c/join", ``, 200, `alice:p1 join {Channel:a/b:c}`},
		{"POST", "/api/channels/p1:dev/leave", `{}`, 200, `alice:p1 leave {Channel:p1:dev}`},
		{"POST", "/api/channels/p1:dev/archive", ``, 200, `alice:p1 archive {Channel:p1:dev Undo:false}`},
		{"POST", "/api/channels/p1:dev/archive", `{"undo":true}`, 200, `alice:p1 archive {Channel:p1:dev Undo:true}`},
		{"PUT", "/api/agents/alice/status", `{"status":"busy"}`, 200, `alice:p1 status {Status:busy}`},
		{"POST", "/api/notes", `{"content":"n","tags":["a"],"session_context":"s"}`, 201, `alice:p1 note {Content:n Tags:[a] Session:s}`},
	} {
		a.done = nil
		resp, answer := r.send(tt.method, tt.path+asAlice, tt.body)
		if resp.StatusCode != tt.status || !strings.Contains(answer, `{"message_id":7}`) {
			t.Errorf("%s %s: got %d %s", tt.method, tt.path, resp.StatusCode, answer)
		}
		want := strings.ReplaceAll(tt.want, "To:: ", "To::")
		if diff := cmp.Diff([]string{want}, a.done); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.method, tt.path, diff)
		}
	}
}

func TestServer_WritesRefused(t *testing.T) {
	a := new(actor)
	r := start(t, server.Options{Directory: people(), Actor: a, Origins: []string{"https://dash.example"}})
	const message = `{"channel_id":"p1:dev","content":"hi"}`
	own := "http://" + r.addr
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"a form", "POST", "/api/messages" + asAlice, message, []string{"Content-Type", "text/plain"}, 415},
		{"a form without a body", "POST", "/api/channels/x/join" + asAlice, "", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"a page of another port", "POST", "/api/messages" + asAlice, message, []string{"Origin", "http://localhost:3000"}, 403},
		{"a page of another site", "POST", "/api/messages" + asAlice, message, []string{"Origin", "https://evil.example"}, 403},
		{"its preflight", "OPTIONS", "/api/messages", "", []string{"Origin", "http://localhost:3000", "Access-Control-Request-Method", "POST"}, 405},
		{"our own page", "POST", "/api/messages" + asAlice, message, []string{"Origin", own}, 201},
		{"a page that was named", "POST", "/api/messages" + asAlice, message, []string{"Origin", "https://dash.example"}, 201},
		{"its preflight", "OPTIONS", "/api/messages", "", []string{"Origin", "https://dash.example", "Access-Control-Request-Method", "POST"}, 204},
		{"nobody", "POST", "/api/messages", message, nil, 400},
		{"an operator", "POST", "/api/messages?view=operator", message, nil, 400},
		{"an unknown agent", "POST", "/api/messages?agent=zoe", message, nil, 404},
		{"no body", "POST", "/api/messages" + asAlice, "", nil, 400},
		{"no JSON", "POST", "/api/messages" + asAlice, "hi", nil, 400},
		{"an unknown member", "POST", "/api/messages" + asAlice, `{"content":"x","chanel_id":"y"}`, nil, 400},
		{"two objects", "POST", "/api/messages" + asAlice, message + message, nil, 400},
		{"too much", "POST", "/api/messages" + asAlice, `{"content":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413},
		{"no number", "PUT", "/api/messages/x" + asAlice, `{"content":"x"}`, nil, 400},
		{"a scope", "POST", "/api/channels" + asAlice, `{"name":"x","scope":"galaxy"}`, nil, 400},
		{"a project without one", "POST", "/api/channels?agent=gina", `{"name":"x","scope":"project"}`, nil, 400},
		{"the status of another", "PUT", "/api/agents/bob/status" + asAlice, `{"status":"x"}`, nil, 403},
		{"another method", "PATCH", "/api/messages/1" + asAlice, `{}`, nil, 405},
	} {
		a.done = nil
		resp, answer := r.send(tt.method, tt.path, tt.body, tt.headers...)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, resp.StatusCode, answer, tt.status)
		}
		if done := len(a.done) > 0; done != (tt.status == 201) {
			t.Errorf("%s: done %v", tt.name, a.done)
		}
	}
	for err, want := range map[error]int{
		action.Refuse(action.Invalid, "m"): 400, action.Refuse(action.Missing, "m"): 404, action.Refuse(action.Forbidden, "m"): 403, action.Refuse(action.Conflict, "m"): 409,
		event.ErrUnavailable: 503, errors.New("/secret: disk full"): 500,
	} {
		a.err = err
		if resp, answer := r.send("POST", "/api/messages"+asAlice, message); resp.StatusCode != want || strings.Contains(answer, "secret") {
			t.Errorf("%v: got %s, want %d", err, answer, want)
		}
	}
}

// TestServer_WriteLimit: an agent that writes too fast is stopped, others are
// not.
func TestServer_WriteLimit(t *testing.T) {
	r := start(t, server.Options{Directory: people(), Actor: new(actor), WriteRate: 0.001, WriteBurst: 3})
	for i, want := range []int{201, 201, 201, 429} {
		if resp, _ := r.send("POST", "/api/notes"+asAlice, `{"content":"x"}`); resp.StatusCode != want || (want == 429) != (resp.Header.Get("Retry-After") != "") {
			t.Errorf("write %d: got %d and Retry-After %q, want %d", i, resp.StatusCode, resp.Header.Get("Retry-After"), want)
		}
	}
	r.server.SetWriteRate(-1, 0)
	for range 20 {
		if resp, _ := r.send("POST", "/api/notes"+asAlice, `{"content":"x"}`); resp.StatusCode != http.StatusCreated {
			t.Fatalf("without a limit: got %d", resp.StatusCode)
		}
	}
	if resp, _ := r.send("POST", "/api/notes?agent=gina", `{"content":"x"}`); resp.StatusCode != http.StatusCreated {
		t.Errorf("another agent: got %d", resp.StatusCode)
	}
}

func TestServer_ReadOnly(t *testing.T) {
	r := start(t, server.Options{Source: eventtest.NewSource(), Directory: people()})
	if resp, answer := r.send("POST", "/api/notes"+asAlice, `{"content":"x"}`); resp.StatusCode != http.StatusForbidden || !strings.Contains(answer, "only reads") {
		t.Errorf("got %s", answer)
	}
}
