package event

import "encoding/json"

// Kind says what a channel is for.
type Kind string

// The kinds of channels.
const (
	KindChannel Kind = "channel" // a named channel
	KindDirect  Kind = "direct"  // direct messages of two agents
	KindNotes   Kind = "notes"   // one agent's private notes
)

// The payload types below are the "data" of events. Values that the host
// stores loosely (times as numbers or text, free JSON) are passed on as they
// are; text that is not JSON where JSON belongs becomes a JSON string.

// Message is the payload of message.*, dm.received and note.* events.
type Message struct {
	ID              int64           `json:"id"`
	ChannelID       string          `json:"channel_id"`
	ChannelName     string          `json:"channel_name"`
	ChannelKind     Kind            `json:"channel_kind"`
	ChannelScope    string          `json:"channel_scope"`
	ChannelMembers  []string        `json:"channel_members,omitempty"` // direct channels: both, as name:project
	SenderID        string          `json:"sender_id"`
	SenderProjectID *string         `json:"sender_project_id"`
	Content         string          `json:"content"`
	TopicName       *string         `json:"topic_name"`
	ThreadID        *string         `json:"thread_id"`
	Timestamp       json.RawMessage `json:"timestamp"`
	IsEdited        bool            `json:"is_edited"`
	EditedAt        json.RawMessage `json:"edited_at"`
	Confidence      json.RawMessage `json:"confidence"`
	Metadata        json.RawMessage `json:"metadata"`
	// Tags are a note's tags (note.* only).
	Tags []string `json:"tags,omitempty"`
	// Previous holds what an edit changed (message.edited only).
	Previous *PreviousMessage `json:"previous,omitempty"`
	// Hard marks a deleted row (message.deleted only; otherwise the host only
	// marks the row). DeletedBy and DeletedAt are what the host noted.
	Hard      bool            `json:"hard,omitempty"`
	DeletedBy *string         `json:"deleted_by,omitempty"`
	DeletedAt json.RawMessage `json:"deleted_at,omitempty"`
}

// PreviousMessage is what an edited message said before; nil fields did not
// change.
type PreviousMessage struct {
	Content  *string         `json:"content,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// Channel is the payload of channel.created, channel.updated,
// channel.archived and dm.channel.created events.
type Channel struct {
	ID                 string          `json:"id"`
	Name               string          `json:"name"`
	Kind               Kind            `json:"channel_kind"`
	ChannelType        string          `json:"channel_type"`
	AccessType         string          `json:"access_type"`
	Scope              string          `json:"scope"`
	ProjectID          *string         `json:"project_id"`
	Description        *string         `json:"description"`
	TopicRequired      bool            `json:"topic_required"`
	DefaultTopic       *string         `json:"default_topic"`
	ChannelMetadata    json.RawMessage `json:"channel_metadata"`
	CreatedBy          *string         `json:"created_by"`
	CreatedByProjectID *string         `json:"created_by_project_id"`
	CreatedAt          json.RawMessage `json:"created_at"`
	IsDefault          bool            `json:"is_default"`
	IsArchived         bool            `json:"is_archived"`
	// Members are both members of a direct channel, as name:project.
	Members []string `json:"members,omitempty"`
	// Previous holds the old values of the fields that changed
	// (channel.updated and channel.archived only).
	Previous map[string]json.RawMessage `json:"previous,omitempty"`
	// Unread counts messages newer than the agent's read mark (snapshots
	// only). The host's current code never moves that mark.
	Unread *int64 `json:"unread,omitempty"`
}

// Member is the payload of channel.member.joined and channel.member.left.
type Member struct {
	ChannelID      string          `json:"channel_id"`
	ChannelName    string          `json:"channel_name"`
	ChannelKind    Kind            `json:"channel_kind"`
	AgentName      string          `json:"agent_name"`
	AgentProjectID *string         `json:"agent_project_id"`
	InvitedBy      *string         `json:"invited_by"`
	JoinedAt       json.RawMessage `json:"joined_at"`
	Source         *string         `json:"source"`
	// What the member may do; absent where that is not recorded, as when it
	// left.
	CanLeave  *bool `json:"can_leave,omitempty"`
	CanSend   *bool `json:"can_send,omitempty"`
	CanInvite *bool `json:"can_invite,omitempty"`
	CanManage *bool `json:"can_manage,omitempty"`
	// OptedOut tells how the agent left: by opting out, or by its row's end.
	OptedOut bool `json:"opted_out"`
}

// AgentStatus is the payload of agent.registered and agent.status.changed.
type AgentStatus struct {
	Name             string          `json:"name"`
	ProjectID        *string         `json:"project_id"`
	Description      *string         `json:"description"`
	Status           *string         `json:"status"`
	PreviousStatus   *string         `json:"previous_status,omitempty"`
	CurrentProjectID *string         `json:"current_project_id"`
	DMPolicy         *string         `json:"dm_policy"`
	Discoverable     *string         `json:"discoverable"`
	LastActive       json.RawMessage `json:"last_active"`
	CreatedAt        json.RawMessage `json:"created_at"`
}

// Link is the payload of project.linked.
type Link struct {
	ProjectA     string  `json:"project_a_id"`
	ProjectB     string  `json:"project_b_id"`
	ProjectAName *string `json:"project_a_name"`
	ProjectBName *string `json:"project_b_name"`
	LinkType     *string `json:"link_type"`
	Enabled      bool    `json:"enabled"`
}

// ConfigSync is the payload of config.updated.
type ConfigSync struct {
	ID           int64           `json:"id"`
	ConfigHash   string          `json:"config_hash"`
	Scope        *string         `json:"scope"`
	ProjectID    *string         `json:"project_id"`
	Success      bool            `json:"success"`
	AppliedAt    json.RawMessage `json:"applied_at"`
	ActionsTaken json.RawMessage `json:"actions_taken"`
}

// Checked is the payload of agent.checked: an agent was seen reading its
// messages with one of the host's tools. The host does not record a call that
// repeats, with the same inputs, one of the ten minutes before: that an agent
// was not seen checking is no proof that it did not.
type Checked struct {
	Name      string  `json:"name"`
	ProjectID *string `json:"project_id"`
	// Tool is the host's name of what it called: "get_messages".
	Tool string `json:"tool"`
	// Channels are the channels it asked for, as it wrote them; none if it
	// asked for all.
	Channels []string `json:"channels,omitempty"`
	// CalledAt is the host's own time of the call.
	CalledAt json.RawMessage `json:"called_at"`
}
