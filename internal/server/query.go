package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
)

// view is whose eyes a request reads with.
type view struct {
	agent    event.Agent // zero for the operator
	operator bool
}

// String names the view for people.
func (v view) String() string {
	if v.operator {
		return "operator"
	}
	return v.agent.String()
}

// query is what a request for a stream asks for.
type query struct {
	view
	// also are further agents whose events the stream gives, and audience
	// tells to say with each event which agents may see it.
	also     []event.Agent
	audience bool
	filter   event.Filter
	after    event.Cursor
	since    time.Time
	past     past
	// initial: no cursor and no time is given, so the stream starts with the
	// state of now.
	initial bool
	// follow is false if the stream should end once it has caught up.
	follow bool
}

// request returns what to subscribe to behind a cursor.
func (q query) request(after event.Cursor) event.Request {
	req := event.Request{
		Agent: q.agent, Also: q.also, Operator: q.operator, Audience: q.audience,
		Filter: q.filter, After: after, Follow: q.follow,
	}
	if after.IsZero() {
		req.Since = q.since
	}
	return req
}

// values returns the parameters of a request. Go's own Query drops what it
// can not parse, and would so widen a filter in silence.
func values(r *http.Request) (url.Values, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query string can not be parsed: percent-encode the values")
	}
	return v, nil
}

// parseStream reads the parameters of a stream. Those it does not know are
// ignored.
func (s *Server) parseStream(r *http.Request) (query, error) {
	v, err := values(r)
	if err != nil {
		return query{}, err
	}
	var q query
	if q.after, err = parseAfter(r.Header.Get("Last-Event-ID"), v.Get("last_event_id")); err != nil {
		return query{}, err
	}
	q.initial = q.after.IsZero()
	if since := v.Get("since"); since != "" {
		if q.since, err = parseSince(since, time.Now()); err != nil {
			return query{}, badRequest("since=%s: %v", clip(since), err)
		}
		q.initial = false
	}
	if q.follow, err = parseBool(v, "follow", true); err != nil {
		return query{}, err
	}
	if q.audience, err = parseBool(v, "audience", false); err != nil {
		return query{}, err
	}
	if q.past, err = parsePast(v); err != nil {
		return query{}, err
	}
	if !q.past.before.IsZero() {
		q.follow = false
	}
	if q.filter, err = parseFilter(v); err != nil {
		return query{}, err
	}
	if q.view, err = s.parseView(r.Context(), v); err == nil && !q.operator {
		q.also, err = s.parseAlso(r.Context(), v["also"])
	}
	return q, err
}

func parseBool(v url.Values, name string, otherwise bool) (bool, error) {
	switch value := v.Get(name); value {
	case "":
		return otherwise, nil
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	default:
		return false, badRequest("%s=%s: want true or false", name, clip(value))
	}
}

// parseAfter reads the cursor to resume from. The header wins: a browser that
// reconnects sends it, and asks with the URL of its first connection.
func parseAfter(header, param string) (event.Cursor, error) {
	name, value := "Last-Event-ID", header
	if header == "" {
		name, value = "last_event_id", param
	}
	c, err := event.ParseCursor(value)
	if err != nil {
		return event.Cursor{}, badRequest("%s: %v", name, err)
	}
	return c, nil
}

func parseFilter(v url.Values) (event.Filter, error) {
	f := event.Filter{Types: commaList(v["types"]), Channels: commaList(v["channels"])}
	for _, pattern := range f.Types {
		if err := event.CheckTypePattern(pattern); err != nil {
			return event.Filter{}, badRequest("types: %v", err)
		}
	}
	return f, nil
}

// commaList splits lists at commas; a parameter may be repeated.
func commaList(params []string) []string {
	var out []string
	for _, p := range params {
		for item := range strings.SplitSeq(p, ",") {
			if item = strings.TrimSpace(item); item != "" {
				out = append(out, item)
			}
		}
	}
	return out
}

// parseView reads as whom a request wants to read. Without authentication the
// principal is the person at this machine, who may read as anybody.
func (s *Server) parseView(ctx context.Context, v url.Values) (view, error) {
	switch kind := v.Get("view"); kind {
	case "operator":
		return view{operator: true}, nil
	case "", "agent":
	default:
		return view{}, badRequest("view=%s: want view=operator, or no view to read as one agent", clip(kind))
	}
	name, project := v.Get("agent"), v.Get("project")
	if name == "" {
		return view{}, badRequest("agent is missing: add agent=NAME, and project=ID unless the agent is global, or view=operator for everything")
	}
	if s.opts.Directory == nil {
		return view{agent: event.Agent{Name: name, Project: project}}, nil
	}
	agents, err := s.opts.Directory.Agents(ctx)
	if err != nil {
		return view{}, err
	}
	agent, err := resolve(agents, name, project)
	return view{agent: agent}, err
}

// mostAlso bounds the agents of one stream: each is looked for in the audience
// of every event. Who wants to know of more asks as operator.
const mostAlso = 64

// parseAlso reads the further agents of a stream. They are resolved as the
// first is.
func (s *Server) parseAlso(ctx context.Context, params []string) ([]event.Agent, error) {
	if len(params) == 0 {
		return nil, nil
	}
	if len(params) > mostAlso {
		return nil, badRequest("also names %d agents: want at most %d, or view=operator for everything", len(params), mostAlso)
	}
	var also []event.Agent
	for _, p := range params {
		a, err := event.ParseAgent(p)
		if err != nil {
			return nil, badRequest("also=%s: want NAME:PROJECT, or NAME: for a global agent", clip(p))
		}
		also = append(also, a)
	}
	if s.opts.Directory == nil {
		return also, nil
	}
	agents, err := s.opts.Directory.Agents(ctx)
	if err != nil {
		return nil, err
	}
	for i, a := range also {
		if also[i], err = resolve(agents, a.Name, a.Project); err != nil {
			e := *asAPIError(err)
			e.message = "also=" + clip(params[i]) + ": " + e.message
			return nil, &e
		}
	}
	return also, nil
}
