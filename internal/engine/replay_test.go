package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/engine/sqlitedb"
	"cslack-stream/internal/replay"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/client"
)

// tape is a live stream, and the recording that is made of it.
type tape struct {
	req  event.Request
	path string
	live []*event.Event
}

// roll reads the stream until the last event of the traffic.
func (p *tape) roll(ctx context.Context, s event.Stream) error {
	var b bytes.Buffer
	w := replay.NewWriter(&b, replay.HeaderOf(p.req, nil, time.Now()))
	for {
		events, err := s.Next(ctx)
		if err = errors.Join(err, w.Events(events)); err != nil {
			return fmt.Errorf("%+v after %d events: %w", p.req, len(p.live), err)
		}
		p.live = append(p.live, events...)
		if last := events[len(events)-1]; bytes.Contains(last.Payload, []byte(`"config_hash":"the end"`)) {
			return errors.Join(w.Finish(s.Cursor()), os.WriteFile(p.path, b.Bytes(), 0o600))
		}
	}
}

// ids are the events as they were delivered.
func ids(events []*event.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, string(e.Wire))
	}
	return out
}

// TestReplay_EqualsWhatWasDelivered records the live streams of all agents and
// the operator during random traffic with changes of membership. Played again
// from every kind of source, each is the same, event for event.
func TestReplay_EqualsWhatWasDelivered(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := hosttest.NewDatabase(t)
			e := startCarrier(t, db)
			tapes := recordTraffic(t, e, db, seed)
			if len(tapes) < 8 {
				t.Fatalf("got %d views, want more", len(tapes))
			}
			sources := map[string]event.Source{"engine": e.Engine, "server": dialServer(t, e.Engine)}
			operator := tapes[0]
			sources["operator's recording"] = openRecording(t, operator.path)
			sources["copy"] = openFile(t, fork(t, e.Engine), false)
			check := func(p *tape, name string, source event.Source) {
				s, err := source.Subscribe(t.Context(), p.req)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				defer s.Close()
				if diff := cmp.Diff(ids(p.live), ids(eventtest.ReadAll(t, s))); diff != "" {
					t.Errorf("%v from %s (-live +replayed):\n%s", p.req.Agent, name, diff)
				}
			}
			for _, p := range tapes {
				for name, source := range sources {
					check(p, name, source)
				}
				check(p, "own recording", openRecording(t, p.path))
			}
			e.stop()
			for _, n := range []int{len(operator.live) / 3, len(operator.live) / 3, len(operator.live) - 2*(len(operator.live)/3)} {
				archived := openFile(t, archive(t, eventFile(db), n), true)
				for _, p := range tapes {
					check(p, "archive", archived)
				}
			}
		})
	}
}

// recordTraffic makes random traffic and returns what was delivered of it: to
// the operator first, then to every agent from its registration on.
func recordTraffic(t *testing.T, e *running, db string, seed uint64) []*tape {
	t.Helper()
	w := hosttest.StartWriter(t, db)
	for _, p := range []string{"pa", "pb", "pc"} {
		w.Exec(`INSERT INTO projects(id,path,name) VALUES('` + p + `','/` + p + `','` + p + `')`)
	}
	handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var tapes []*tape
	var rolling sync.WaitGroup
	failed := make(chan error, 1000)
	roll := func(req event.Request) {
		p := &tape{req: req, path: filepath.Join(t.TempDir(), "tape")}
		follow := req
		follow.Follow = true
		s, err := e.Subscribe(ctx, follow)
		if err != nil {
			t.Fatal(err)
		}
		tapes = append(tapes, p)
		rolling.Go(func() {
			defer s.Close()
			if err := p.roll(ctx, s); err != nil {
				failed <- err
			}
		})
	}
	roll(event.Request{Operator: true})
	m := &model{t: t, rand: rand.New(rand.NewPCG(seed, 11)), w: w, c: c}
	known := make(map[string]bool)
	for range 120 {
		m.step()
		for _, name := range m.rows(`SELECT DISTINCT name||':'||ifnull(project_id,'') FROM agents`) {
			if !known[name] {
				known[name] = true
				agent, err := event.ParseAgent(name)
				if err != nil {
					t.Fatal(err)
				}
				roll(event.Request{Agent: agent})
			}
		}
	}
	m.exec(`INSERT INTO config_sync_history(config_hash,config_snapshot,scope) VALUES('the end','{}','all')`)
	rolling.Wait()
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
	return tapes
}

func openRecording(t *testing.T, path string) event.Source {
	t.Helper()
	r, err := replay.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// dialServer serves the engine over HTTP and returns a client.
func dialServer(t *testing.T, e *engine.Engine) event.Source {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.New(server.Options{Source: e, Directory: e}).Run(ctx, ln) }()
	src, err := client.New(client.Options{URL: "http://" + ln.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		src.Close()
		cancel()
		<-done
	})
	return src
}

// fork copies everything into a new event file.
func fork(t *testing.T, source event.Source) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fork.db")
	f, err := sqlite.CreateFork(t.Context(), path, "{}")
	if err != nil {
		t.Fatal(err)
	}
	s, err := source.Subscribe(t.Context(), event.Request{Operator: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(f.Add(t.Context(), eventtest.ReadAll(t, s)), f.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return path
}

// archive lets retention move n events into the archive of an event file.
// Direct messages are kept for longer, so that the archived ones lie between
// those that are left.
func archive(t *testing.T, path string, n int) string {
	t.Helper()
	log, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: path, Database: sqlite.Identity{Path: strings.TrimSuffix(path, "-events")}, Archiving: backend.Archiving{Enabled: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for n > 0 {
		moved, err := log.Expire(t.Context(), time.Now().Add(365*24*time.Hour), min(n, 7))
		if err != nil || moved == 0 {
			t.Fatalf("got %d moved, %v, with %d to go", moved, err, n)
		}
		n -= moved
	}
	return path
}

func openFile(t *testing.T, path string, archived bool) event.Source {
	t.Helper()
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, ReadOnly: true, Anywhere: true, Archive: archived})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	p, err := engine.NewPast(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPast_SourceConformance: a log that nobody appends to any more is a
// source whose streams end.
func TestPast_SourceConformance(t *testing.T) {
	eventtest.TestSource(t, func(t *testing.T) eventtest.Harness {
		a := newAppender(t, func(t *testing.T, now func() time.Time) engine.Store {
			log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "events.db"), Now: now})
			if err != nil {
				t.Fatal(err)
			}
			return log
		}, bus.Options{})
		h := a.harness()
		h.Source, h.NoSnapshots, h.Ends, h.NewEpoch = past{a.store}, true, true, nil
		return h
	})
}

// past opens the past anew for every stream, as a program that reads a file
// does.
type past struct {
	log engine.Log
}

func (p past) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	source, err := engine.NewPast(ctx, p.log)
	if err != nil {
		return nil, err
	}
	return source.Subscribe(ctx, req)
}

func (p past) Snapshot(context.Context, event.Agent) (event.Snapshot, error) {
	return event.Snapshot{}, event.ErrUnavailable
}
