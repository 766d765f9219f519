package poll

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// model is the tables, folded from changes.
type model map[string]string

func (m model) fold(c claudeslack.Change) error {
	put := func(key, value string) error {
		if m[key] == value {
			return fmt.Errorf("change %d came twice: %s", c.ID, key)
		}
		m[key] = value
		return nil
	}
	switch r := c.Row.(type) {
	case claudeslack.MessageInserted:
		return put(fmt.Sprint("message ", r.ID), r.Content)
	case claudeslack.MessageUpdated:
		if r.OldContent != m[fmt.Sprint("message ", r.ID)] {
			return fmt.Errorf("change %d: message %d was %q, want %q", c.ID, r.ID, r.OldContent, m[fmt.Sprint("message ", r.ID)])
		}
		return put(fmt.Sprint("message ", r.ID), r.Content)
	case claudeslack.MessageDeleted:
		delete(m, fmt.Sprint("message ", r.ID))
	case claudeslack.MemberPut:
		return put("member "+r.ChannelID+"/"+r.AgentName, "in")
	case claudeslack.MemberGone:
		delete(m, "member "+r.ChannelID+"/"+r.AgentName)
	case claudeslack.AgentPut:
		return put("agent "+r.Name, *r.Status)
	case nil:
	default:
		return fmt.Errorf("change %d is %T", c.ID, r)
	}
	return nil
}

// modelOf reads the tables.
func modelOf(ctx context.Context, q claudeslack.Queryer, g claudeslack.Generation) (model, error) {
	t, err := claudeslack.ReadTables(ctx, q, g)
	if err != nil {
		return nil, err
	}
	messages, err := claudeslack.ReadMessages(ctx, q, 0, all, all)
	m := make(model)
	for _, a := range t.Agents {
		m["agent "+a.Name] = *a.Status
	}
	for _, x := range t.Members {
		m["member "+x.ChannelID+"/"+x.AgentName] = "in"
	}
	for _, x := range messages {
		m[fmt.Sprint("message ", x.ID)] = x.Content
	}
	return m, err
}

// TestPoller_LooksAndChangesBelongTogether is pipeline rules 7 and 17: while
// another process writes, the tables as a look shows them are exactly what the
// changes up to its position make.
func TestPoller_LooksAndChangesBelongTogether(t *testing.T) {
	path := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, path)
	w.Exec(basics...)
	f := watchFile(t, path)
	first, err := f.model()
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var changes []claudeslack.Change
	collected := make(chan error, 1)
	go func() {
		at := f.at
		for {
			run, err := f.Next(ctx, at, 7)
			if err != nil {
				collected <- err
				return
			}
			changes = append(changes, run.Changes...)
			at.ID = changes[len(changes)-1].ID
			if c, ok := changes[len(changes)-1].Row.(claudeslack.AgentPut); ok && c.Name == "end" {
				collected <- nil
				return
			}
		}
	}()
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range 100 {
			w.Do(hosttest.Step{Keep: true, SQL: []string{
				message("general", fmt.Sprint(i)),
				"BEGIN", message("general", "x"), member("general", fmt.Sprint("m", i)), "COMMIT",
				`DELETE FROM channel_members WHERE agent_name='m` + fmt.Sprint(i-3) + `'`,
				fmt.Sprintf(`UPDATE messages SET content=content||'!' WHERE id=%d`, i),
				fmt.Sprintf(`DELETE FROM messages WHERE id=%d`, i-5),
				agent("gina", "", "online"),
				`INSERT INTO sessions(id) VALUES('s` + fmt.Sprint(i) + `')`,
			}})
		}
	}()
	type shot struct {
		at    claudeslack.Checkpoint
		model model
	}
	var shots []shot
	for hammering := true; hammering; {
		select {
		case <-written:
			hammering = false
		default:
		}
		l, err := f.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m, err := modelOf(t.Context(), l, l.Generation)
		if err != nil {
			t.Fatal(err)
		}
		shots = append(shots, shot{l.At, m})
		l.Close()
	}
	w.Exec(agent("end", "", "online"))
	if err := <-collected; err != nil {
		t.Fatal(err)
	}

	got := maps.Clone(first)
	for _, s := range shots {
		if s.at.Log != f.at.Log {
			t.Fatalf("look in epoch %s, want %s", s.at.Log, f.at.Log)
		}
		for len(changes) > 0 && changes[0].ID <= s.at.ID {
			if want := f.at.ID + 1; changes[0].ID != want {
				t.Fatalf("got change %d, want %d", changes[0].ID, want)
			}
			if err := got.fold(changes[0]); err != nil {
				t.Fatal(err)
			}
			f.at.ID++
			changes = changes[1:]
		}
		if diff := cmp.Diff(s.model, got); diff != "" {
			t.Fatalf("at change %d of %d, tables and changes differ (-tables +changes):\n%s", s.at.ID, f.at.ID, diff)
		}
	}
	t.Logf("%d looks, %d changes", len(shots), f.at.ID)
}

func (f *fixture) model() (model, error) {
	l, err := f.Look(f.t.Context())
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return modelOf(f.t.Context(), l, l.Generation)
}
