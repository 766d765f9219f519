package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"cslack-stream/internal/engine/event"
)

// demoMessage is a message to be sent.
type demoMessage struct {
	channel, content, thread string
	from                     event.Agent
	metadata                 map[string]any
}

// send registers the sender, then inserts the message: two calls, two
// transactions.
func (h *demoHost) send(ctx context.Context, m demoMessage) (id int64, err error) {
	if err := h.registerAgent(ctx, m.from, ""); err != nil {
		return 0, err
	}
	var metadata any
	if len(m.metadata) > 0 {
		b, err := json.Marshal(m.metadata)
		if err != nil {
			return 0, fmt.Errorf("encode metadata: %w", err)
		}
		metadata = string(b)
	}
	err = h.call(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO messages
			(channel_id, sender_id, sender_project_id, content, metadata, thread_id, confidence, timestamp)
			VALUES (?, ?, ?, ?, ?, ?, NULL, ?)`,
			m.channel, m.from.Name, demoNull(m.from.Project), m.content, metadata, demoNull(m.thread), h.seconds())
		if err != nil {
			return fmt.Errorf("send to %s: %w", m.channel, err)
		}
		id, err = res.LastInsertId()
		return err
	})
	return id, err
}

func (h *demoHost) edit(ctx context.Context, id int64, content string) error {
	return h.exec(ctx, `UPDATE messages SET content = ?, is_edited = TRUE, edited_at = ? WHERE id = ?`,
		content, h.seconds(), id)
}

func (h *demoHost) patch(ctx context.Context, id int64, metadata string) error {
	return h.exec(ctx, `UPDATE messages
		SET metadata = json_patch(COALESCE(metadata, '{}'), ?), is_edited = TRUE, edited_at = ? WHERE id = ?`,
		metadata, h.seconds(), id)
}

func (h *demoHost) remove(ctx context.Context, id int64, by event.Agent) error {
	return h.exec(ctx, `UPDATE messages SET content = '[Message deleted]', is_edited = TRUE, edited_at = ?,
		metadata = json_set(COALESCE(metadata, '{}'), '$.deleted', true, '$.deleted_by', ?, '$.deleted_at', ?)
		WHERE id = ?`, h.seconds(), by.Name, h.seconds(), id)
}
