package sqlite

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"cslack-stream/internal/engine/event"
)

// row is where the columns of one row after the other are scanned to.
type row struct {
	epoch                       string
	offset, change              int64
	typ, entityType, entityID   string
	agent, channel, project     sql.NullString
	payload, created, expiresAt sql.RawBytes
	audience                    sql.NullInt64
	into                        []any
}

func newRow(epoch string) *row {
	r := &row{epoch: epoch}
	r.into = []any{
		&r.offset, &r.typ, &r.entityType, &r.entityID, &r.agent, &r.channel, &r.project,
		&r.payload, &r.created, &r.expiresAt, &r.audience, &r.change,
	}
	return r
}

func (r *row) scan(rows *sql.Rows) (*event.Event, error) {
	if err := rows.Scan(r.into...); err != nil {
		return nil, err
	}
	e := &event.Event{
		Cursor: event.Cursor{Epoch: r.epoch, Offset: r.offset}, Type: event.Type(r.typ), EntityType: r.entityType, EntityID: r.entityID,
		Channel: r.channel.String, Project: r.project.String, Change: r.change, Backfilled: r.change == 0,
	}
	var err error
	if r.agent.Valid {
		if e.Agent, err = event.ParseAgent(r.agent.String); err != nil {
			return nil, err
		}
	}
	if e.CreatedAt, err = parseTime(r.created); err != nil {
		return nil, err
	}
	if e.ExpiresAt, err = parseTime(r.expiresAt); err != nil {
		return nil, err
	}
	e.Payload = json.RawMessage(r.payload) // the driver's memory, until the next row
	if err := e.Encode(); err != nil {
		return nil, err
	}
	// The wire form ends with the payload: they share memory.
	n := len(e.Wire) - 1
	if from := n - len(r.payload); from >= 0 && bytes.Equal(e.Wire[from:n], r.payload) {
		e.Payload = json.RawMessage(e.Wire[from:n:n])
	} else {
		e.Payload = bytes.Clone(r.payload)
	}
	return e, nil
}

// parseTime reads the times of the file.
func parseTime(s []byte) (time.Time, error) {
	if len(s) == 0 {
		return time.Time{}, nil
	}
	if t, ok := parseOurTime(s); ok {
		return t, nil
	}
	t, err := time.Parse("2006-01-02 15:04:05", string(s)) // takes a fraction too
	if err != nil {
		return time.Time{}, fmt.Errorf("read time of event: %w", err)
	}
	return t, nil
}

// parseOurTime reads timeFormat, which nearly all times of the file have, at a
// fraction of the cost of time.Parse.
func parseOurTime(s []byte) (time.Time, bool) {
	const form = "0000-00-00 00:00:00.000"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	var n [7]int
	part := 0
	for i := range form {
		switch c := s[i]; {
		case form[i] != '0' && c == form[i]:
			part++
		case form[i] == '0' && c >= '0' && c <= '9':
			n[part] = n[part]*10 + int(c-'0')
		default:
			return time.Time{}, false
		}
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1e6, time.UTC)
	// What is out of range would be carried over; time.Parse refuses it.
	return t, n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && t.Day() == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60
}
