package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// names is the reading side's knowledge of agents' numbers and audiences. It
// is filled from the file as events ask for it, since other engines append
// too.
type names struct {
	mu        sync.Mutex
	epoch     string
	audiences map[int64]*event.Audience
}

func (n *names) audience(ctx context.Context, q rowQueryer, epoch string, id sql.NullInt64) (*event.Audience, error) {
	if !id.Valid {
		return nil, nil //nolint:nilnil // a nil audience is nobody
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if a, ok := n.audiences[id.Int64]; ok && n.epoch == epoch {
		return a, nil
	}
	// Within an epoch numbers and ids are only ever added, so what is known
	// stays true and loading again finds what is new.
	roster := new(event.Roster)
	if err := loadRoster(ctx, q, roster); err != nil {
		return nil, err
	}
	audiences, err := loadAudiences(ctx, q, roster)
	if err != nil {
		return nil, err
	}
	n.epoch, n.audiences = epoch, audiences
	return audiences[id.Int64], nil
}

// loadRoster reads the agents' numbers and interns the stored audiences.
func loadRoster(ctx context.Context, q rowQueryer, roster *event.Roster) error {
	rows, err := q.QueryContext(ctx, `SELECT name,project FROM agent ORDER BY number`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a event.Agent
		if err := rows.Scan(&a.Name, &a.Project); err != nil {
			return err
		}
		roster.Add(a)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if _, err = loadAudiences(ctx, q, roster); err != nil {
		return err
	}
	// Ids of audiences that cleanup has dropped are never given again:
	// another process may still know what they meant.
	var highest int64
	err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name='audience'),0)`).Scan(&highest)
	roster.Reserve(highest)
	return err
}

func loadAudiences(ctx context.Context, q claudeslack.Queryer, roster *event.Roster) (map[int64]*event.Audience, error) {
	rows, err := q.QueryContext(ctx, `SELECT id,agents FROM audience`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[int64]*event.Audience)
	for rows.Next() {
		var id int64
		var data []byte
		if err := rows.Scan(&id, &data); err != nil {
			return nil, err
		}
		if out[id], err = roster.Restore(id, data); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}
