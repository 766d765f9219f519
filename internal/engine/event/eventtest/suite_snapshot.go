package eventtest

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"testing"

	"cslack-stream/internal/engine/event"
)

func (s *suite) snapshot(agent event.Agent) event.Snapshot {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	snap, err := s.Source.Snapshot(ctx, agent)
	if err != nil {
		s.Fatalf("Snapshot of %v: %v", agent, err)
	}
	return snap
}

// recentIDs are the ids of a snapshot's messages.
func (s *suite) recentIDs(snap event.Snapshot) []string {
	s.Helper()
	var ids []string
	for _, raw := range snap.RecentMessages {
		var m event.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			s.Fatalf("decode recent message %s: %v", raw, err)
		}
		ids = append(ids, strconv.FormatInt(m.ID, 10))
	}
	return ids
}

func testSnapshotMessages(t *testing.T, s *suite) {
	if s.NoSnapshots {
		t.Skip("this source has no snapshots")
	}
	seen := s.append([]event.Agent{Alice, Bob}, messages(1, 60)...)
	s.append([]event.Agent{Bob}, messages(61, 3)...)
	snap := s.snapshot(Alice)
	ids := s.recentIDs(snap)
	if len(ids) != recentMessages {
		t.Fatalf("got %d recent messages, want %d", len(ids), recentMessages)
	}
	for i, id := range ids {
		if want := seen[10+i].EntityID; id != want {
			t.Fatalf("recent message %d: got id %s, want %s: the newest that alice may see, oldest first", i, id, want)
		}
	}
	if snap.Agent == nil || snap.Agent.Key() != Alice {
		t.Errorf("got agent %+v, want alice", snap.Agent)
	}
	if all := s.snapshot(event.Agent{}); all.Agent != nil || len(all.RecentMessages) != recentMessages {
		t.Errorf("operator: got agent %v and %d messages, want none and %d", all.Agent, len(all.RecentMessages), recentMessages)
	}
}

// While events are appended without pause, snapshots are taken: each one and
// the stream behind its cursor hold every message exactly once.
func testSnapshotContinues(t *testing.T, s *suite) {
	if s.NoSnapshots {
		t.Skip("this source has no snapshots")
	}
	const n, rounds = 300, 8
	number := make(map[string]int) // entity id → how manieth message
	var mu sync.Mutex
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for i, e := range messages(1, n) {
			got := s.Append(t, e, Alice)
			mu.Lock()
			number[got.EntityID] = i + 1
			mu.Unlock()
		}
	})
	type round struct {
		snap   event.Snapshot
		stream event.Stream
	}
	var taken []round
	for range rounds {
		snap := s.snapshot(Alice)
		taken = append(taken, round{snap, s.subscribe(event.Request{Agent: Alice, After: snap.Cursor, Follow: true})})
	}
	wg.Wait()
	for i, r := range taken {
		last := 0
		for j, id := range s.recentIDs(r.snap) {
			if j > 0 && number[id] != last+1 {
				t.Fatalf("snapshot %d: message %d behind %d, want %d", i, number[id], last, last+1)
			}
			last = number[id]
		}
		if last == n {
			continue
		}
		for _, e := range ReadN(t, r.stream, n-last) {
			if number[e.EntityID] != last+1 {
				t.Fatalf("stream %d: got message %d behind %d, want %d", i, number[e.EntityID], last, last+1)
			}
			last++
		}
	}
}
