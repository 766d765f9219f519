package sqlite

import (
	"context"
	"errors"

	"cslack-stream/internal/engine/event"
)

// redactable makes ready for redacting, inside the open transaction: without
// an index every deletion would read the whole file. Nobody else pays for it.
func (l *Log) redactable(ctx context.Context) error {
	if !l.opts.Redact {
		return nil
	}
	_, err := l.writer.ExecContext(ctx, `CREATE INDEX IF NOT EXISTS idx_event_stream_message ON event_stream(entity_id) WHERE entity_type='message';
CREATE INDEX IF NOT EXISTS idx_event_archive_message ON event_archive(entity_id) WHERE entity_type='message'`)
	return err
}

// redact takes the texts of messages out of the stored events about them,
// inside the open transaction.
func (l *Log) redact(ctx context.Context, messages []string) error {
	for _, m := range messages {
		for _, table := range []string{"event_stream", "event_archive"} {
			if err := l.redactIn(ctx, table, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Log) redactIn(ctx context.Context, table, message string) error {
	payloads, err := l.payloads(ctx, table, message)
	if err != nil {
		return err
	}
	for id, payload := range payloads {
		without := (&event.Event{Payload: payload}).Redacted().Payload
		if _, err := l.exec(ctx, `UPDATE `+table+` SET payload=? WHERE id=?`, string(without), id); err != nil {
			return err
		}
	}
	return nil
}

// payloads are those of the events about a message, by their offsets.
func (l *Log) payloads(ctx context.Context, table, message string) (map[int64][]byte, error) {
	stmt, err := l.prepare(ctx, `SELECT id,payload FROM `+table+` WHERE entity_id=? AND entity_type='message'`) //nolint:sqlclosecheck // kept; Close closes it
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, message)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[int64][]byte)
	for rows.Next() {
		var id int64
		var payload []byte
		if err := rows.Scan(&id, &payload); err != nil {
			return nil, err
		}
		out[id] = payload
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
