package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
	"cslack-stream/internal/replay"
)

// visible is what an agent sees, in a form that a snapshot and a state have in
// common.
type visible struct {
	Members  map[string][]string
	Archived []string
	Messages []string
}

func visibleIn(t *testing.T, s event.Snapshot) visible {
	t.Helper()
	v := visible{Members: map[string][]string{}}
	for _, c := range s.Channels {
		if members, in := s.Members[c.ID]; in {
			v.Members[c.ID] = names(members)
			if c.IsArchived {
				v.Archived = append(v.Archived, c.ID)
			}
		}
	}
	for _, raw := range s.RecentMessages {
		var m event.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		if !claudeslack.IsDeleted(m.Metadata) {
			v.Messages = append(v.Messages, fmt.Sprint(m.ID, " ", m.Content))
		}
	}
	slices.Sort(v.Archived)
	return v
}

func names(members []event.Member) []string {
	var out []string
	for _, m := range members {
		a := event.Agent{Name: m.AgentName}
		if m.AgentProjectID != nil {
			a.Project = *m.AgentProjectID
		}
		out = append(out, a.String())
	}
	slices.Sort(out)
	return slices.Compact(out) // the host has duplicates of global agents
}

func visibleThen(t *testing.T, s *replay.State) visible {
	t.Helper()
	v := visible{Members: map[string][]string{}}
	for _, p := range s.Form(time.Time{}).Channels {
		if len(p.Members) > 0 { // snapshots list no others
			slices.Sort(p.Members)
			v.Members[p.ID] = p.Members
		}
		if p.IsArchived && len(p.Members) > 0 {
			v.Archived = append(v.Archived, p.ID)
		}
	}
	for _, e := range s.Messages() {
		var m event.Message
		if err := json.Unmarshal(e.Payload, &m); err != nil {
			t.Fatal(err)
		}
		v.Messages = append(v.Messages, fmt.Sprint(m.ID, " ", m.Content))
	}
	slices.Sort(v.Archived)
	return v
}

// TestEngine_StateIsTheSnapshotOfThen folds the events of random traffic and
// compares the state with snapshots that were taken on the way, of everybody
// and of the operator. It is folded up to their cursors, as times can be the
// same.
func TestEngine_StateIsTheSnapshotOfThen(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := hosttest.NewDatabase(t)
			w := hosttest.StartWriter(t, db)
			for _, p := range []string{"pa", "pb", "pc"} {
				w.Exec(`INSERT INTO projects(id,path,name) VALUES('` + p + `','/` + p + `','` + p + `')`)
			}
			handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close(); handle.Close() })
			e := startCarrier(t, db)
			m := &model{t: t, rand: rand.New(rand.NewPCG(seed, 11)), w: w, c: c}
			type look struct {
				agent event.Agent
				event.Snapshot
			}
			var looks []look
			for i := range 160 {
				m.step()
				if i%8 != 7 {
					continue
				}
				who := []event.Agent{{}}
				if a := m.pick(someAgent); a != nil {
					who = append(who, event.Agent{Name: a[0], Project: a[1]})
				}
				for _, agent := range who {
					s, err := e.Snapshot(t.Context(), agent)
					if err != nil {
						t.Fatal(err)
					}
					looks = append(looks, look{agent, s})
				}
			}
			all := collect(t, e.operator(t, event.Cursor{}), int(looks[len(looks)-1].Cursor.Offset))
			messages := 0
			for _, l := range looks {
				s := replay.NewState(l.agent, true)
				for _, ev := range all {
					if ev.Cursor.Offset <= l.Cursor.Offset {
						s.Take(ev)
					}
				}
				want := visibleIn(t, l.Snapshot)
				got := visibleThen(t, s)
				if len(l.RecentMessages) == replay.StateMessages {
					// Deleted messages count among the newest of a snapshot.
					got.Messages = got.Messages[len(got.Messages)-len(want.Messages):]
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s at %s (-want +got):\n%s", l.agent, l.Cursor, diff)
				}
				messages += len(want.Messages)
			}
			if messages == 0 {
				t.Error("got no messages to compare")
			}
		})
	}
}
