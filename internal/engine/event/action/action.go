// Package action holds the words for what agents do, as the host's tables know
// it: whoever writes into a workspace says it with these, and whoever carries
// it out answers with them.
package action

import (
	"context"
	"encoding/json"
	"fmt"

	"cslack-stream/internal/engine/event"
)

// MaxContent is how many characters the host takes in one message.
const MaxContent = 150_000

// Actor does things in a workspace as its agents. Implementations are safe
// for concurrent use.
type Actor interface {
	// Do does op as an agent, in one transaction of the host's database, which
	// has been committed when it returns without an error. It returns a
	// *RefusedError if the host's rules forbid it, event.ErrUnavailable if the
	// workspace can not be written to now, and ctx.Err() if ctx is done before
	// it is known how it went.
	Do(ctx context.Context, as event.Agent, op Op) (Result, error)
}

// Op is one thing that an agent does; the types below are all there are.
type Op interface {
	// Verb is what it is called in logs and metrics: "send".
	Verb() string
}

// Send posts a message: to a channel, or directly to another agent, whose
// direct channel is opened if need be.
type Send struct {
	// Channel is the host's id of the channel, empty for a direct message.
	Channel string
	// To is who gets a direct message.
	To event.Agent
	// Content is what it says.
	Content string
	// Thread is the id of the thread that it belongs to; empty: none.
	Thread string
	// Metadata is a JSON object; empty: none. Mentions in the content are
	// added to it, as the host does.
	Metadata json.RawMessage
}

// Edit changes what a message of the agent's own says.
type Edit struct {
	Message int64
	Content string
}

// Delete deletes a message of the agent's own, as the host does: the row
// stays, and says so.
type Delete struct{ Message int64 }

// Note writes a note of the agent's, which nobody else sees.
type Note struct {
	Content string
	Tags    []string
	// Session says in what context it was written; empty: not said.
	Session string
}

// CreateChannel makes a channel. Unless it is open, its creator is in it; the
// creator manages it.
type CreateChannel struct {
	// Name is 1 to 80 lower-case letters, digits and single hyphens.
	Name string
	// Project is the id of the project that the channel is of; empty: of all.
	Project string
	// Access is open, members or private; open if empty.
	Access string
	// Description says what it is for; the host's own if empty.
	Description string
}

// Archive archives a channel, or brings it back. Its creator may, and who
// manages it.
type Archive struct {
	Channel string
	Undo    bool
}

// Join makes the agent a member of an open channel.
type Join struct{ Channel string }

// Leave ends the agent's membership of a channel.
type Leave struct{ Channel string }

// SetStatus says what an agent is up to: "online", "busy" or any other word.
type SetStatus struct{ Status string }

// Verb implements Op.
func (Send) Verb() string { return "send" }

// Verb implements Op.
func (Edit) Verb() string { return "edit" }

// Verb implements Op.
func (Delete) Verb() string { return "delete" }

// Verb implements Op.
func (Note) Verb() string { return "note" }

// Verb implements Op.
func (CreateChannel) Verb() string { return "create" }

// Verb implements Op.
func (Archive) Verb() string { return "archive" }

// Verb implements Op.
func (Join) Verb() string { return "join" }

// Verb implements Op.
func (Leave) Verb() string { return "leave" }

// Verb implements Op.
func (SetStatus) Verb() string { return "status" }

// Result is what an operation led to.
type Result struct {
	// Message is the id of the message that was written or changed; 0 if none
	// was.
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

// Refuse returns a RefusedError.
func Refuse(reason Reason, format string, args ...any) error {
	return &RefusedError{reason, fmt.Sprintf(format, args...)}
}

// Error returns the sentence.
func (e *RefusedError) Error() string { return e.Message }

// Is matches the errors of sources.
func (e *RefusedError) Is(target error) bool {
	return target == event.ErrNotFound && e.Reason == Missing || target == event.ErrForbidden && e.Reason == Forbidden
}
