package author

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/sqlitedb"
)

func (t *tx) send(as event.Agent, o action.Send) (action.Result, error) {
	if err := checkContent(o.Content); err != nil {
		return action.Result{}, err
	}
	meta, err := parseMetadata(o.Metadata)
	if err != nil {
		return action.Result{}, err
	}
	if (o.Channel == "") == o.To.IsZero() {
		return action.Result{}, action.Refuse(action.Invalid, "a message goes to one channel or to one agent: say which")
	}
	if err := t.mustExist(as); err != nil {
		return action.Result{}, err
	}
	channel := o.Channel
	if channel == "" {
		if channel, err = t.openDirect(as, o.To); err != nil {
			return action.Result{}, err
		}
	}
	if err := t.mayIn(channel, as, "can_send", "send to"); err != nil {
		return action.Result{}, err
	}
	if meta, err = t.addMentions(meta, channel, o.Content); err != nil {
		return action.Result{}, err
	}
	return t.post(channel, as, o, meta)
}

// post writes the row of a message.
func (t *tx) post(channel string, as event.Agent, o action.Send, meta metadata) (action.Result, error) {
	column, err := meta.column()
	if err != nil {
		return action.Result{}, err
	}
	var thread *string
	if o.Thread != "" {
		thread = &o.Thread
	}
	now := t.time()
	res, err := t.run(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content,metadata,thread_id,confidence,timestamp)
VALUES(?,?,?,?,?,?,NULL,?)`, channel, as.Name, project(as), o.Content, column, thread, now)
	if err != nil {
		return action.Result{}, err
	}
	id, err := res.LastInsertId()
	if err == nil {
		// The host replaces the sender's whole row here, and with it what it
		// had set; that it was active is all that this has to say.
		err = t.exec(`UPDATE agents SET last_active=? WHERE name=? AND project_id IS ?`, now, as.Name, project(as))
	}
	return action.Result{Message: id, Channel: channel}, err
}

func checkContent(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return action.Refuse(action.Invalid, "a message needs text")
	case utf8.RuneCountInString(s) > action.MaxContent:
		return action.Refuse(action.Invalid, "the text has %d characters: a message takes %d", utf8.RuneCountInString(s), action.MaxContent)
	case !utf8.ValidString(s):
		return action.Refuse(action.Invalid, "the text is not UTF-8")
	}
	return nil
}

// own is a message that an agent wrote.
type own struct {
	id       int64
	channel  string
	metadata metadata
	deleted  bool
}

// ownMessage reads a message that as may change: its own, in a channel where
// it is.
func (t *tx) ownMessage(id int64, as event.Agent) (own, error) {
	m := own{id: id}
	var sender string
	var senderProject, column *string
	ok, err := t.row(`SELECT +channel_id,+sender_id,+sender_project_id,+metadata FROM messages WHERE id=?`, []any{id}, &m.channel, &sender, &senderProject, &column)
	if err != nil {
		return m, err
	}
	from := event.Agent{Name: sender}
	if senderProject != nil {
		from.Project = *senderProject
	}
	if !ok || from != as {
		// Whether there is such a message of others is not told.
		return m, action.Refuse(action.Missing, "%q wrote no message %d: only who wrote a message may change it", as, id)
	}
	if column != nil {
		m.deleted = claudeslack.IsDeleted(json.RawMessage(*column))
		// What is no object must not keep a message from being deleted.
		_ = json.Unmarshal([]byte(*column), &m.metadata)
	}
	return m, nil
}

// change updates a message. The host's search index takes the new words for
// the old ones when it is updated, and fails if it then holds too few.
func (t *tx) change(query string, args ...any) error {
	err := t.exec(query, args...)
	if sqlitedb.IsNotADatabase(err) {
		return action.Refuse(action.Conflict, "Claude-Slack's search index does not take this change, a fault of the host that passes when there are more messages: %v", err)
	}
	return err
}

func (t *tx) edit(as event.Agent, o action.Edit) (action.Result, error) {
	if err := checkContent(o.Content); err != nil {
		return action.Result{}, err
	}
	m, err := t.ownMessage(o.Message, as)
	if err != nil {
		return action.Result{}, err
	}
	if m.deleted {
		return action.Result{}, action.Refuse(action.Conflict, "message %d is deleted", o.Message)
	}
	err = t.change(`UPDATE messages SET content=?,is_edited=TRUE,edited_at=? WHERE id=?`, o.Content, t.time(), o.Message)
	return action.Result{Message: o.Message, Channel: m.channel}, err
}

func (t *tx) delete(as event.Agent, o action.Delete) (action.Result, error) {
	m, err := t.ownMessage(o.Message, as)
	if err != nil {
		return action.Result{}, err
	}
	if m.deleted {
		return action.Result{Message: o.Message, Channel: m.channel, Unchanged: true}, nil
	}
	now := t.time()
	column, err := m.metadata.with("deleted", 1).with("deleted_by", as.Name).with("deleted_at", now).column()
	if err != nil {
		return action.Result{}, err
	}
	err = t.change(`UPDATE messages SET content='[Message deleted]',is_edited=TRUE,edited_at=?,metadata=? WHERE id=?`, now, column, o.Message)
	return action.Result{Message: o.Message, Channel: m.channel}, err
}

func (t *tx) note(as event.Agent, o action.Note) (action.Result, error) {
	if err := checkContent(o.Content); err != nil {
		return action.Result{}, err
	}
	if err := t.mustExist(as); err != nil {
		return action.Result{}, err
	}
	channel, err := t.openNotes(as)
	if err != nil {
		return action.Result{}, err
	}
	meta := metadata(nil).with("type", "note").with("tags", append([]string{}, o.Tags...)).with("session_context", orNull(o.Session))
	return t.post(channel, as, action.Send{Content: o.Content}, meta)
}
