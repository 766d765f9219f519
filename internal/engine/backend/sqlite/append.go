package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// Append adds a batch in one transaction, giving its events their cursors. It
// returns backend.ErrConflict if the log does not stand at b.From: another
// engine has carried on. After any error the caller loads the state again.
func (l *Log) Append(ctx context.Context, b *backend.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	anew, err := l.renew(ctx)
	if err == nil && anew {
		err = errBegunAnew
	}
	if err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	err = sqlitedb.Tx(ctx, l.writer, "BEGIN IMMEDIATE", func() error {
		// The write lock is there: nothing is waited for from here on, and what
		// can not be cancelled costs less.
		ctx := context.WithoutCancel(ctx)
		epoch, err := l.standsAt(ctx, b.From)
		if err != nil {
			return err
		}
		return l.append(ctx, epoch, b)
	})
	switch {
	case errors.Is(err, backend.ErrConflict):
		return err
	case err != nil:
		l.forget()
		return l.failed("append events", err)
	}
	maps.Copy(l.used, l.pending)
	clear(l.pending)
	return nil
}

// forget drops what is known of agents and audiences in the file: a failed
// append may not have stored them.
func (l *Log) forget() {
	l.stored = 0
	clear(l.used)
	clear(l.pending)
}

// standsAt returns the log's epoch, or backend.ErrConflict if the log does not
// stand at the checkpoint.
func (l *Log) standsAt(ctx context.Context, want claudeslack.Checkpoint) (epoch string, err error) {
	var at claudeslack.Checkpoint
	stmt, err := l.prepare(ctx, `SELECT carried_log,carried_id,carried_fence,epoch FROM meta`) //nolint:sqlclosecheck // kept; Close closes it
	if err == nil {
		err = stmt.QueryRowContext(ctx).Scan(&at.Log, &at.ID, &at.Fence, &epoch)
	}
	if err == nil && at != want {
		err = backend.ErrConflict
	}
	return epoch, err
}

// append writes a batch inside the open transaction.
func (l *Log) append(ctx context.Context, epoch string, b *backend.Batch) error {
	if err := l.redact(ctx, b.Redact); err != nil {
		return err
	}
	if err := l.insertEvents(ctx, epoch, b.Events); err != nil {
		return err
	}
	if err := l.putEntries(ctx, b.Entries); err != nil {
		return err
	}
	_, err := l.exec(ctx, `UPDATE meta SET carried_log=?,carried_id=?,carried_fence=?,carrier=?`,
		b.To.Log, b.To.ID, b.To.Fence, l.opts.Carrier)
	return err
}

const insertEvent = `INSERT INTO event_stream(event_type,entity_type,entity_id,agent_id,channel_id,project_id,payload,created_at,expires_at,processed,audience_id,change_id) VALUES(?,?,?,?,?,?,?,?,?,TRUE,?,?)`

// prepare returns a statement of the append path, which is prepared once for
// the writer's life: preparing costs as much as running.
func (l *Log) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := l.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := l.writer.PrepareContext(ctx, query)
	if err == nil {
		l.prepared[query] = stmt
	}
	return stmt, err
}

func (l *Log) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := l.prepare(ctx, query) //nolint:sqlclosecheck // kept; Close closes it
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (l *Log) insertEvents(ctx context.Context, epoch string, events []event.Event) error {
	now := l.opts.Now()
	last := make(map[*event.Audience]int64)
	for i := range events {
		e := &events[i]
		e.ExpiresAt = now.Add(l.opts.TTL.Of(e.Type)).UTC()
		res, err := l.exec(ctx, insertEvent, string(e.Type), e.EntityType, e.EntityID, agentOrNull(e.Agent), orNull(e.Channel), orNull(e.Project),
			string(e.Payload), e.CreatedAt.UTC().Format(timeFormat), e.ExpiresAt.Format(timeFormat), audienceID(e.Audience), e.Change)
		if err != nil {
			return err
		}
		offset, err := res.LastInsertId()
		if err != nil {
			return err
		}
		e.Cursor = event.Cursor{Epoch: epoch, Offset: offset}
		if err := e.Encode(); err != nil {
			return err
		}
		if e.Audience != nil {
			last[e.Audience] = offset
		}
	}
	return l.putAudiences(ctx, last)
}

// audienceSlack is how far ahead of its last use an audience is noted as
// used, so that not every append has to.
const audienceSlack = 1000

// putAudiences notes the audiences with an offset not below the last event
// that uses each, and the numbers of agents that are not in the file yet.
func (l *Log) putAudiences(ctx context.Context, last map[*event.Audience]int64) error {
	for a, offset := range last {
		if l.used[a] >= offset {
			continue
		}
		if err := l.putAgents(ctx, a.Roster().Agents()); err != nil {
			return err
		}
		_, err := l.exec(ctx, `INSERT OR REPLACE INTO audience(id,agents,last_event) VALUES(?,?,?)`, a.ID, a.Set().Bytes(), offset+audienceSlack)
		if err != nil {
			return err
		}
		l.pending[a] = offset + audienceSlack
	}
	return nil
}

func (l *Log) putAgents(ctx context.Context, agents []event.Agent) error {
	for ; l.stored < len(agents); l.stored++ {
		_, err := l.exec(ctx, `INSERT OR REPLACE INTO agent(number,name,project) VALUES(?,?,?)`,
			l.stored, agents[l.stored].Name, agents[l.stored].Project)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) putEntries(ctx context.Context, entries []claudeslack.Entry) error {
	for _, e := range entries {
		var err error
		if e.Value == nil {
			_, err = l.exec(ctx, `DELETE FROM workspace WHERE kind=? AND key=?`, e.Kind, e.Key)
		} else {
			_, err = l.exec(ctx, `INSERT OR REPLACE INTO workspace(kind,key,value) VALUES(?,?,?)`, e.Kind, e.Key, string(e.Value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Sync makes everything appended so far durable, whatever happens to the
// machine. It fails if the file is not at its path any more.
func (l *Log) Sync(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone() {
		return l.failed("sync event log", errGone) // what is durable there nobody would find
	}
	if _, err := l.writer.ExecContext(ctx, `PRAGMA synchronous=FULL`); err != nil {
		return l.failed("sync event log", err)
	}
	// Every commit under FULL syncs the write-ahead log, earlier commits
	// included; it must write something to be one.
	_, err := l.writer.ExecContext(ctx, `UPDATE meta SET id=1`)
	_, back := l.writer.ExecContext(context.WithoutCancel(ctx), `PRAGMA synchronous=NORMAL`)
	if err = errors.Join(err, back); err != nil {
		return l.failed("sync event log", err)
	}
	return nil
}

func orNull(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func agentOrNull(a event.Agent) sql.NullString {
	return sql.NullString{String: a.String(), Valid: !a.IsZero()}
}

func audienceID(a *event.Audience) sql.NullInt64 {
	if a == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: a.ID, Valid: true}
}
