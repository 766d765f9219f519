package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// call is a request that writes.
type call struct {
	method, path string
	body         map[string]any
}

// callOf says how to ask a server for an operation.
func callOf(as event.Agent, op action.Op) (call, error) {
	channel := func(id, verb string) string { return "/api/channels/" + url.PathEscape(id) + "/" + verb }
	message := func(id int64) string { return "/api/messages/" + strconv.FormatInt(id, 10) }
	switch o := op.(type) {
	case action.Send:
		body := map[string]any{"content": o.Content}
		add(body, "channel_id", o.Channel)
		add(body, "thread_id", o.Thread)
		if !o.To.IsZero() {
			body["to"] = o.To.String()
		}
		if len(o.Metadata) > 0 {
			body["metadata"] = o.Metadata
		}
		return call{http.MethodPost, "/api/messages", body}, nil
	case action.Edit:
		return call{http.MethodPut, message(o.Message), map[string]any{"content": o.Content}}, nil
	case action.Delete:
		return call{http.MethodDelete, message(o.Message), nil}, nil
	case action.Note:
		body := map[string]any{"content": o.Content, "tags": o.Tags}
		add(body, "session_context", o.Session)
		return call{http.MethodPost, "/api/notes", body}, nil
	case action.CreateChannel:
		body := map[string]any{"name": o.Name, "scope": "global"}
		if o.Project != "" {
			body["scope"], body["project_id"] = "project", o.Project
		}
		add(body, "access_type", o.Access)
		add(body, "description", o.Description)
		return call{http.MethodPost, "/api/channels", body}, nil
	case action.Archive:
		return call{http.MethodPost, channel(o.Channel, "archive"), map[string]any{"undo": o.Undo}}, nil
	case action.Join:
		return call{http.MethodPost, channel(o.Channel, "join"), nil}, nil
	case action.Leave:
		return call{http.MethodPost, channel(o.Channel, "leave"), nil}, nil
	case action.SetStatus:
		return call{http.MethodPut, "/api/agents/" + url.PathEscape(as.Name) + "/status", map[string]any{"status": o.Status}}, nil
	}
	return call{}, fmt.Errorf("unknown operation %T", op)
}

func add(body map[string]any, name, value string) {
	if value != "" {
		body[name] = value
	}
}

// Do implements action.Actor.
func (s *Source) Do(ctx context.Context, as event.Agent, op action.Op) (action.Result, error) {
	c, err := callOf(as, op)
	if err != nil {
		return action.Result{}, err
	}
	var body []byte
	if c.body != nil {
		if body, err = json.Marshal(c.body); err != nil {
			return action.Result{}, fmt.Errorf("encode %s: %w", op.Verb(), err)
		}
	}
	// Not by way of s.url: the path is escaped, since ids may hold a slash.
	target := strings.TrimSuffix(s.base.String(), "/") + c.path + "?" + agentQuery(as, false).Encode()
	req, err := http.NewRequestWithContext(ctx, c.method, target, bytes.NewReader(body))
	if err != nil {
		return action.Result{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	s.authorize(req.Header)
	resp, err := s.http.Do(req)
	if err != nil {
		return action.Result{}, s.noAnswer(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return action.Result{}, statusError(resp).refusal()
	}
	var result action.Result
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&result); err != nil {
		return action.Result{}, fmt.Errorf("decode the answer of %s: %w", s.base, err)
	}
	return result, nil
}
