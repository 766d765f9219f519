package engine_test

import (
	"context"
	"testing"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/event"
)

// TestSnapshot_ShowsNoChannelFromOutside: who may know of a channel but is not
// in it gets neither its messages nor its members; a private one is not there.
func TestSnapshot_ShowsNoChannelFromOutside(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(`INSERT INTO agents(name,project_id) VALUES('carol','p')`, say("hidden"),
		`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('secret','channel','private','global','secret')`,
		`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('secret','bob','p')`)
	s, err := startCarrier(t, db).Snapshot(t.Context(), event.Agent{Name: "carol", Project: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Channels) != 1 || s.Channels[0].ID != "global:general" {
		t.Errorf("got channels %v, want global:general alone", s.Channels)
	}
	if len(s.RecentMessages) > 0 || len(s.Members) > 0 {
		t.Errorf("got messages %s and members %v, want none", s.RecentMessages, s.Members)
	}
}

// uncommitted fails every append after its events have got their cursors, as
// a log does whose commit fails.
type uncommitted struct{ engine.Store }

func (u uncommitted) Append(ctx context.Context, b *backend.Batch) error {
	bounds, err := u.Bounds(ctx)
	if err != nil {
		return err
	}
	for i := range b.Events {
		b.Events[i].Cursor = event.Cursor{Epoch: bounds.Epoch, Offset: bounds.Newest + int64(i) + 1}
	}
	return errFull
}

// TestRule6_NothingIsPublishedBeforeItIsAppended: what is not in the log is
// not in the window.
func TestRule6_NothingIsPublishedBeforeItIsAppended(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db, func(o *engine.Options) { o.Store = uncommitted{o.Store} })
	latest := e.Window().Latest()
	w.Exec(say("m"))
	for e.Condition().State != engine.Degraded {
		w.Exec(`PRAGMA user_version`)
	}
	if got := e.Window().Latest(); got != latest || e.Window().Len() != 0 {
		t.Errorf("got a window with %d events up to %s, want none and %s", e.Window().Len(), got, latest)
	}
}
