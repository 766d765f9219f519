package author

import (
	"fmt"

	"cslack-stream/internal/engine/event"
)

// Op is one thing that an agent does: Send, Edit, Delete, Note, CreateChannel,
// Archive, Join, Leave or SetStatus.
type Op interface {
	// apply does it inside a transaction, or returns why not.
	apply(t *tx, as event.Agent) (Result, error)
}

// Result is what an operation led to.
type Result struct {
	// Message is the id of the message that was written; 0 if none was.
	Message int64 `json:"message_id,omitempty"`
	// Channel is the id of the channel where it happened; empty: in none.
	Channel string `json:"channel_id,omitempty"`
	// Unchanged tells that it was so before, and nothing was written.
	Unchanged bool `json:"unchanged,omitempty"`
}

// Reason says what kind of rule refuses an operation.
type Reason uint8

// The reasons.
const (
	Invalid   Reason = iota // what was asked for makes no sense
	Missing                 // there is no such agent, channel or message
	Forbidden               // the agent may not do it
	Conflict                // it can not be done to this any more
)

// RefusedError says that the host's rules forbid an operation. Its text is
// one sentence for whoever asked.
type RefusedError struct {
	Reason  Reason
	Message string
}

// Error returns the sentence.
func (e *RefusedError) Error() string { return e.Message }

// Is matches the errors of sources.
func (e *RefusedError) Is(target error) bool {
	return target == event.ErrNotFound && e.Reason == Missing || target == event.ErrForbidden && e.Reason == Forbidden
}

func refuse(reason Reason, format string, args ...any) error {
	return &RefusedError{reason, fmt.Sprintf(format, args...)}
}

// mustExist refuses an agent that has no row.
func (t *tx) mustExist(a event.Agent) error {
	var one int
	ok, err := t.row(`SELECT 1 FROM agents WHERE name=? AND project_id IS ? LIMIT 1`, []any{a.Name, project(a)}, &one)
	if err == nil && !ok {
		err = refuse(Missing, "there is no agent %q in this workspace", a)
	}
	return err
}

// SetStatus says what an agent is up to: "online", "busy" or any other word.
type SetStatus struct{ Status string }

// maxStatus bounds a status, which is free text.
const maxStatus = 200

func (o SetStatus) apply(t *tx, as event.Agent) (Result, error) {
	if o.Status == "" || len(o.Status) > maxStatus {
		return Result{}, refuse(Invalid, "a status has 1 to %d bytes: online, busy, offline, or what you like", maxStatus)
	}
	if err := t.mustExist(as); err != nil {
		return Result{}, err
	}
	return Result{}, t.exec(`UPDATE agents SET status=?,last_active=? WHERE name=? AND project_id IS ?`, o.Status, t.time(), as.Name, project(as))
}
