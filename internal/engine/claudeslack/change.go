package claudeslack

import (
	"encoding/json"
	"time"

	"cslack-stream/internal/engine/event"
)

// Change is one committed row change of a table that matters, as any capture
// mode reports it. It states the truth about the row's key after the change,
// so a change that repeats what is known means nothing.
type Change struct {
	// ID is the position in the change log: rising in commit order, without
	// holes.
	ID int64
	// At is when the change was made, to the millisecond.
	At time.Time
	// Count is the writing connection's total_changes() at the change. Within
	// a transaction it rises with every row; a value not above the one before
	// proves that a new transaction began.
	Count int64
	// Fence identifies the change's content: two changes with the same id in
	// two histories of a database have different fences.
	Fence string
	// Row is what changed; nil for a marker, which says only that a write was
	// tried.
	Row Row
}

// Row is what a Change is about: one of the types below.
type Row interface{ isRow() }

// MessageInserted is a new row of messages.
type MessageInserted struct{ event.Message }

// MessageUpdated is a messages row whose content or metadata changed.
type MessageUpdated struct {
	event.Message
	OldContent  string
	OldMetadata json.RawMessage
}

// MessageDeleted is a row removed from messages.
type MessageDeleted struct{ event.Message }

// ChannelPut is a channels row, new or written again.
type ChannelPut struct{ event.Channel }

// ChannelGone is a removed channels row.
type ChannelGone struct{ ID string }

// MemberPut is a channel_members key after a row of it was written. Active
// tells whether any row of the key is not opted out.
type MemberPut struct {
	event.Member
	Active bool
}

// MemberGone is a channel_members key whose last active row was removed.
type MemberGone struct{ event.Member }

// AgentPut is an agents key with the values of its oldest row, the one that
// the host itself reads.
type AgentPut struct{ event.AgentStatus }

// AgentGone is an agents key that has no row any more.
type AgentGone struct{ event.Agent }

// LinkPut is a project_links row, new or changed.
type LinkPut struct{ event.Link }

// LinkGone is a removed project_links row.
type LinkGone struct{ ProjectA, ProjectB string }

// ConfigSynced is a new row of config_sync_history.
type ConfigSynced struct{ event.ConfigSync }

// ToolCalled is a new row of tool_calls.
type ToolCalled struct{ Call }

func (MessageInserted) isRow() {}
func (MessageUpdated) isRow()  {}
func (MessageDeleted) isRow()  {}
func (ChannelPut) isRow()      {}
func (ChannelGone) isRow()     {}
func (MemberPut) isRow()       {}
func (MemberGone) isRow()      {}
func (AgentPut) isRow()        {}
func (AgentGone) isRow()       {}
func (LinkPut) isRow()         {}
func (LinkGone) isRow()        {}
func (ConfigSynced) isRow()    {}
func (ToolCalled) isRow()      {}

func memberKey(m event.Member) event.Agent { return AgentKey(m.AgentName, m.AgentProjectID) }

// AgentKey is the agent of that name in a project, or the global one if that is
// null: as the host's tables name agents.
func AgentKey(name string, project *string) event.Agent {
	a := event.Agent{Name: name}
	if project != nil {
		a.Project = *project
	}
	return a
}

// replaces reports whether next completes prev, the removal half of an
// INSERT OR REPLACE that a writer with recursive_triggers on has logged: the
// same key, put in the very next change, by the same statement. Two statements
// of one connection have more than one change between their counts, since the
// removed row counts too; those of two connections differ in time.
func replaces(prev, next Change) bool {
	if next.ID != prev.ID+1 || next.Count != prev.Count+1 || !next.At.Equal(prev.At) {
		return false
	}
	switch gone := prev.Row.(type) {
	case MemberGone:
		put, ok := next.Row.(MemberPut)
		return ok && put.ChannelID == gone.ChannelID && memberKey(put.Member) == memberKey(gone.Member)
	case AgentGone:
		put, ok := next.Row.(AgentPut)
		return ok && AgentKey(put.Name, put.ProjectID) == gone.Agent
	case LinkGone:
		put, ok := next.Row.(LinkPut)
		return ok && put.ProjectA == gone.ProjectA && put.ProjectB == gone.ProjectB
	}
	return false
}

// mayContinue reports whether c could be the removal half of a replace whose
// other half is not read yet.
func mayContinue(c Change) bool {
	switch c.Row.(type) {
	case MemberGone, AgentGone, LinkGone:
		return true
	}
	return false
}
