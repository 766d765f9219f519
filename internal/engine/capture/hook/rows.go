package hook

import (
	"bytes"
	"slices"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// tables are those whose rows are recorded. What the host's own triggers write
// elsewhere, such as its search index, means nothing to us.
var tables = []string{"messages", "channels", "channel_members", "agents", "project_links", "config_sync_history"}

// Where columns are in the order of claudeslack.Columns.
const (
	messageContent  = 4
	messageMetadata = 11

	memberOptedOut = 10

	agentStatus       = 3
	agentDiscoverable = 6

	linkEnabled = 3
)

// asksForTruth reports whether what a record means depends on the other rows
// of its key.
func (rec *record) asksForTruth() bool {
	switch rec.table {
	case "agents":
		return rec.op != updated || !rec.keeps(agentStatus, agentDiscoverable)
	case "channel_members":
		return rec.op == deleted || rec.op == updated && !rec.keeps(memberOptedOut)
	}
	return false
}

// change returns what a record means, as the triggers have it: nil if nothing.
// truth is that after the record.
func (rec *record) change(t truth) claudeslack.Row {
	switch rec.table {
	case "messages":
		return rec.message()
	case "channels":
		if rec.op == deleted {
			return claudeslack.ChannelGone{ID: claudeslack.String(rec.old[0])}
		}
		return claudeslack.ChannelPut{Channel: claudeslack.ChannelOf(rec.new)}
	case "channel_members":
		return rec.member(t.of(rec))
	case "agents":
		return rec.agent(t.of(rec))
	case "project_links":
		return rec.link()
	case "config_sync_history":
		if rec.op == inserted {
			return claudeslack.ConfigSynced{ConfigSync: claudeslack.ConfigOf(rec.new)}
		}
	}
	return nil
}

func (rec *record) message() claudeslack.Row {
	switch rec.op {
	case inserted:
		return claudeslack.MessageInserted{Message: claudeslack.MessageOf(rec.new)}
	case deleted:
		const topic, edited, editedAt, confidence = 5, 8, 9, 10
		return claudeslack.MessageDeleted{Message: claudeslack.MessageOf(without(rec.old, topic, edited, editedAt, confidence))}
	}
	if rec.keeps(messageContent, messageMetadata) {
		return nil
	}
	return claudeslack.MessageUpdated{
		Message:    claudeslack.MessageOf(rec.new),
		OldContent: claudeslack.String(rec.old[messageContent]), OldMetadata: claudeslack.JSON(rec.old[messageMetadata]),
	}
}

func (rec *record) member(rows map[int64]bool) claudeslack.Row {
	if rec.op == inserted {
		out := claudeslack.Bool(rec.new[memberOptedOut])
		if out && rec.new[2] == nil {
			// A global agent's rows never replace each other: one more that
			// has opted out changes nothing.
			return nil
		}
		return claudeslack.MemberPut{Member: claudeslack.MemberOf(rec.new), Active: !out}
	}
	if !rec.asksForTruth() {
		return nil
	}
	active := false
	for _, counts := range rows {
		active = active || counts
	}
	if rec.op == updated {
		return claudeslack.MemberPut{Member: memberOf(rec.new, active), Active: active}
	}
	if active {
		return nil
	}
	return claudeslack.MemberGone{Member: memberOf(rec.old, active)}
}

// memberOf is a member of whom only the key is told, and whether it is one.
func memberOf(values []any, active bool) event.Member {
	v := make([]any, len(values))
	copy(v, values[:3])
	v[memberOptedOut] = !active
	return claudeslack.MemberOf(v)
}

// stays reports whether a row of channel_members makes its agent a member.
func stays(values []any) bool {
	out := values[memberOptedOut]
	return out != nil && !claudeslack.Bool(out)
}

func (rec *record) agent(rows map[int64]bool) claudeslack.Row {
	switch {
	case !rec.asksForTruth():
		return nil
	case rec.op == deleted:
		if len(rows) > 0 {
			return nil
		}
		a := event.Agent{Name: claudeslack.String(rec.old[0]), Project: claudeslack.String(rec.old[1])}
		return claudeslack.AgentGone{Agent: a}
	case rec.op == inserted:
		if len(rows) > 1 || rec.replaces != nil && equal(rec.replaces, rec.new, 0, 1, agentStatus, agentDiscoverable) {
			return nil
		}
		return claudeslack.AgentPut{AgentStatus: claudeslack.AgentOf(rec.new)}
	}
	for id := range rows {
		if id < rec.is {
			return nil // the host reads the oldest
		}
	}
	const project, active, created = 4, 7, 8
	return claudeslack.AgentPut{AgentStatus: claudeslack.AgentOf(without(rec.new, project, active, created))}
}

func (rec *record) link() claudeslack.Row {
	switch {
	case rec.op == deleted:
		return claudeslack.LinkGone{ProjectA: claudeslack.String(rec.old[0]), ProjectB: claudeslack.String(rec.old[1])}
	case rec.op == updated && rec.keeps(linkEnabled):
		return nil
	}
	return claudeslack.LinkPut{Link: claudeslack.LinkOf(append(slices.Clone(rec.new), nil, nil))}
}

// keeps reports whether an update leaves columns as they were.
func (rec *record) keeps(columns ...int) bool { return equal(rec.old, rec.new, columns...) }

func equal(a, b []any, columns ...int) bool {
	for _, c := range columns {
		was, isBytes := a[c].([]byte)
		is, areBytes := b[c].([]byte)
		if isBytes != areBytes || isBytes && !bytes.Equal(was, is) || !isBytes && a[c] != b[c] {
			return false
		}
	}
	return true
}

// without returns a copy of values in which the triggers' note of such a row
// has nothing for some columns, so that both make the same events.
func without(values []any, columns ...int) []any {
	v := slices.Clone(values)
	for _, c := range columns {
		v[c] = nil
	}
	return v
}
