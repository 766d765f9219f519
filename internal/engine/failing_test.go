package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

var errFull = errors.New("disk full")

// failing fails every few appends, after which nothing of them is stored.
type failing struct {
	engine.Store
	every int64
	n     atomic.Int64
}

func (f *failing) Append(ctx context.Context, b *backend.Batch) error {
	if f.n.Add(1)%f.every == 0 {
		return errFull
	}
	return f.Store.Append(ctx, b)
}

// TestRule6_FailingAppends: a log that fails now and then ends up the same as
// one that never fails.
func TestRule6_FailingAppends(t *testing.T) {
	var logs [][]seen
	for _, every := range []int64{1 << 40, 2, 3} {
		db, traffic := hosttest.Traffic(t, "v4.1")
		e := startCarrier(t, db, func(o *engine.Options) {
			o.Store = &failing{Store: o.Store, every: every}
			o.Limit = 7
		})
		all := e.operator(t, event.Cursor{})
		w := hosttest.StartWriter(t, db)
		for _, x := range traffic[:150] {
			w.Do(hosttest.Step{SQL: x.SQL, Errors: true})
		}
		w.Exec(`INSERT INTO projects(id,path) VALUES('end','/end')`, `INSERT INTO agents(name,project_id) VALUES('end','end')`)
		var log []seen
		for len(log) == 0 || log[len(log)-1].Entity != "end:end" {
			for _, ev := range collect(t, all, 1) {
				log = append(log, seenOf(ev))
			}
		}
		logs = append(logs, log)
	}
	for _, log := range logs[1:] {
		if diff := cmp.Diff(logs[0], log); diff != "" {
			t.Errorf("(-never failing +failing):\n%s", diff)
		}
	}
}
