package sqlite

import (
	"context"
	"fmt"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// Load returns the state as of the last append, whoever made it.
func (l *Log) Load(ctx context.Context) (backend.State, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var s backend.State
	if _, err := l.renew(ctx); err != nil {
		return s, fmt.Errorf("load state: %w", err)
	}
	err := sqlitedb.Tx(ctx, l.writer, "BEGIN", func() error {
		roster := new(event.Roster)
		if err := loadRoster(ctx, l.writer, roster); err != nil {
			return err
		}
		l.forget()
		s.Workspace = claudeslack.NewWorkspace(roster)
		if err := loadWorkspace(ctx, l.writer, s.Workspace); err != nil {
			return err
		}
		var err error
		s.Checkpoint, err = readCheckpoint(ctx, l.writer)
		return err
	})
	if err != nil {
		return backend.State{}, l.failed("load state", err)
	}
	return s, nil
}

func readCheckpoint(ctx context.Context, c rowQueryer) (claudeslack.Checkpoint, error) {
	var cp claudeslack.Checkpoint
	err := c.QueryRowContext(ctx, `SELECT carried_log,carried_id,carried_fence FROM meta`).Scan(&cp.Log, &cp.ID, &cp.Fence)
	return cp, err
}

func loadWorkspace(ctx context.Context, q claudeslack.Queryer, ws *claudeslack.Workspace) error {
	rows, err := q.QueryContext(ctx, `SELECT kind,key,value FROM workspace ORDER BY kind,key`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e claudeslack.Entry
		var value string
		if err := rows.Scan(&e.Kind, &e.Key, &value); err != nil {
			return err
		}
		e.Value = []byte(value)
		if err := ws.Restore(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Checkpoint returns how far the change log is carried.
func (l *Log) Checkpoint(ctx context.Context) (claudeslack.Checkpoint, error) {
	cp, err := readCheckpoint(ctx, l.readers.Load())
	if err != nil {
		return cp, l.failed("read checkpoint", err)
	}
	return cp, nil
}
