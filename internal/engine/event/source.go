package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Request says which events a stream gives.
type Request struct {
	// Agent is whose stream it is. Operator asks for every event instead.
	Agent    Agent
	Operator bool
	// Also are further agents: the stream gives what any of them may see.
	Also []Agent
	// Audience asks for events that say who may see them. Over a transport
	// they do not otherwise, and tell only of the agents that are asked for.
	Audience bool
	// Filter narrows what Agent may see.
	Filter Filter
	// After is where the stream starts: behind this cursor. The zero Cursor
	// means before the oldest event, unless Since is given.
	After Cursor
	// Since and Until are tested against every event's CreatedAt: events
	// before Since, or at or after Until, are not given. Zero: no limit.
	Since, Until time.Time
	// Follow keeps the stream open at its end and waits for more. Without it
	// the stream ends behind the event that was newest at Subscribe.
	Follow bool
}

// Sees reports whether e is for one of the agents whose stream this is.
func (r *Request) Sees(e *Event) bool {
	return r.Operator || e.VisibleTo(r.Agent) || slices.ContainsFunc(r.Also, e.VisibleTo)
}

// Agents returns the agents whose stream this is, in the order in which they
// were asked for and each once; none for the operator.
func (r *Request) Agents() []Agent {
	if r.Operator {
		return nil
	}
	out := make([]Agent, 0, 1+len(r.Also))
	for _, a := range append([]Agent{r.Agent}, r.Also...) {
		if !a.IsZero() && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Source gives streams of events. Implementations are safe for concurrent
// use.
type Source interface {
	// Subscribe opens a stream. It returns a *GapError if req.After can not be
	// continued without loss, ErrForbidden if the caller may not read as
	// req.Agent. It does not wait for events. ctx bounds Subscribe only, not
	// the stream.
	Subscribe(ctx context.Context, req Request) (Stream, error)
	// Snapshot returns the state visible to agent, or the whole workspace for
	// the zero Agent, and the cursor from which a stream continues it without
	// loss or repeat. It may wait a bounded time for capture to catch up;
	// after that it returns ErrUnavailable.
	Snapshot(ctx context.Context, agent Agent) (Snapshot, error)
}

// Stream is one reader's view of a source. It is not safe for concurrent use.
type Stream interface {
	// Next returns the next events in offset order, at least one; they must
	// not be changed. It blocks while there are none. It returns io.EOF at
	// the end of a stream that does not follow, a *GapError if what comes
	// next has been dropped, and ctx.Err() if ctx is done; after ctx.Err()
	// the stream can go on. After a *GapError every call returns it again.
	Next(ctx context.Context) ([]*Event, error)
	// Cursor is where to resume: behind the last event returned, and moving
	// past events that were not for this reader.
	Cursor() Cursor
	// Live reports whether the stream has reached, at some time since it
	// opened, the newest event that its source had.
	Live() bool
	// Close releases the stream; Next returns ErrClosed afterwards. Closing
	// twice is fine.
	Close() error
}

// Errors of sources and streams.
var (
	// ErrForbidden means that the caller may not read as that agent.
	ErrForbidden = errors.New("not allowed to read as this agent")
	// ErrNotFound means that there is no such agent, channel or event.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable means that the source can not answer now; later it may.
	ErrUnavailable = errors.New("not available now")
	// ErrClosed means that the stream or source was closed.
	ErrClosed = errors.New("stream closed")
	// ErrUnsupported means that the source can not do this at all.
	ErrUnsupported = errors.New("not supported by this source")
)

// GapReason says why a cursor can not be continued.
type GapReason string

// The reasons of gaps.
const (
	GapTrimmed GapReason = "trimmed" // retention has removed what comes next
	GapEpoch   GapReason = "epoch"   // the cursor is of another incarnation of the log
	GapFuture  GapReason = "future"  // the cursor is ahead of the log
	// GapNotHeld is none of a log: who recorded or exported what it showed did
	// not have these events.
	GapNotHeld GapReason = "not-held"
)

// GapError says that events which a cursor needs are not there any more. A
// reader takes a new snapshot, or goes on from Oldest knowing what it misses.
type GapError struct {
	Reason    GapReason
	Requested Cursor
	// Oldest is the cursor from which the log can be read without a gap.
	Oldest Cursor
	// Count is how many events are missing; negative if that is not known.
	Count int64
}

// Error says what is missing in one sentence.
func (g *GapError) Error() string {
	switch g.Reason {
	case GapEpoch:
		return fmt.Sprintf("cursor %s is of another incarnation of the event log", g.Requested)
	case GapFuture:
		return fmt.Sprintf("cursor %s is ahead of the event log", g.Requested)
	case GapNotHeld:
		return fmt.Sprintf("events after cursor %s were not shown when this was recorded", g.Requested)
	default:
		return fmt.Sprintf("events after cursor %s are no longer retained", g.Requested)
	}
}

// Snapshot is the state of the workspace at Cursor, as one agent sees it.
type Snapshot struct {
	Cursor Cursor `json:"cursor"`
	// Agent is who sees it; nil for the operator's view of everything.
	Agent *AgentInfo `json:"agent"`
	// Channels the agent is a member of, or that exist for it.
	Channels []Channel `json:"channels"`
	// RecentMessages are the newest 50 that the agent may see, oldest first.
	RecentMessages []json.RawMessage `json:"recent_messages"`
	// Members maps the ids of the channels that the agent is in to their
	// members.
	Members map[string][]Member `json:"members"`
}

// AgentInfo is one agent of the workspace, for listing.
type AgentInfo struct {
	Name         string          `json:"name"`
	ProjectID    *string         `json:"project_id"`
	ProjectName  *string         `json:"project_name"`
	Description  *string         `json:"description"`
	Status       *string         `json:"status"`
	DMPolicy     *string         `json:"dm_policy"`
	Discoverable *string         `json:"discoverable"`
	LastActive   json.RawMessage `json:"last_active"`
	CreatedAt    json.RawMessage `json:"created_at"`
	// Channels counts the channels that the agent is an active member of.
	Channels int64 `json:"channels"`
	// CheckedAt is when the agent was last seen reading its messages, RFC 3339;
	// nil if never. Waiting counts what was posted for it since then; nil if
	// that is not known.
	CheckedAt *string `json:"checked_at"`
	Waiting   *int64  `json:"waiting"`
}

// Key returns the agent's identity.
func (a AgentInfo) Key() Agent {
	k := Agent{Name: a.Name}
	if a.ProjectID != nil {
		k.Project = *a.ProjectID
	}
	return k
}
