package server

import (
	"context"
	"net/http"

	"cslack-stream/internal/engine/event"
)

// Status is how well events move.
type Status string

// The values of Status.
const (
	StatusHealthy Status = "healthy"
	// StatusDegraded means that events do not move as they should, for example
	// over a replica, while streams can still be served.
	StatusDegraded Status = "degraded"
	// StatusFailed means that streams can not be served.
	StatusFailed Status = "failed"
)

// Health is what GET /health tells. The first six keys are those of the
// design document.
type Health struct {
	Status  Status `json:"status"`
	Backend string `json:"backend"`
	// ActiveConnections counts open streams; the Server fills it in.
	ActiveConnections int `json:"active_connections"`
	// QueueSizes is the lag of the slowest stream of each agent, in offsets;
	// the Server fills it in.
	QueueSizes map[string]int64 `json:"queue_sizes"`
	// EventTableSize is how many events the log holds.
	EventTableSize int64 `json:"event_table_size"`
	RedisConnected bool  `json:"redis_connected"`
	// Capture is how changes are captured: trigger, hook or poll.
	Capture string `json:"capture,omitempty"`
	// Carries tells whether this process moves changes into the log, or
	// another one on the same file does.
	Carries bool `json:"carries"`
	// Lag is how many changes are committed and not yet in the log.
	Lag int64 `json:"lag"`
	// Latest is the cursor of the newest event.
	Latest event.Cursor `json:"latest"`
	// Problems say what is wrong and what to do, one sentence each.
	Problems []string `json:"problems,omitempty"`
	// MustRestart tells that only a restart of the process can help. It fails
	// /health/live and is not shown.
	MustRestart bool `json:"-"`
}

// health asks the engine and adds what the server knows.
func (s *Server) health(ctx context.Context) Health {
	h := Health{Status: StatusHealthy}
	if s.opts.Health != nil {
		h = s.opts.Health(ctx)
	}
	h.ActiveConnections, h.QueueSizes = s.readers.lags(h.Latest)
	return h
}

// serveHealth is GET /health: 200 as long as streams are served, well or not.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	h := s.health(r.Context())
	status := http.StatusOK
	if h.Status == StatusFailed {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, h)
}

type statusBody struct {
	Status string `json:"status"`
}

// alive is GET /health/live.
func (s *Server) alive(r *http.Request) (any, error) {
	if s.opts.Health != nil && s.opts.Health(r.Context()).MustRestart {
		return nil, unavailable("the process must be restarted", nil)
	}
	return statusBody{"live"}, nil
}

// ready is GET /health/ready.
func (s *Server) ready(r *http.Request) (any, error) {
	switch {
	case s.readers.stopping():
		return nil, unavailable("the server is stopping", nil)
	case s.opts.Health != nil && s.opts.Health(r.Context()).Status == StatusFailed:
		return nil, unavailable("streams can not be served: GET /health tells why", nil)
	}
	return statusBody{"ready"}, nil
}
