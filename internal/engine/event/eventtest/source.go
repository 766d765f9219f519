package eventtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"sync"

	"cslack-stream/internal/engine/event"
)

// recentMessages is how many messages a snapshot holds.
const recentMessages = 50

// Source is a fake event.Source that keeps its events in memory. Its streams
// read the log only in Next, so that trimming what a reader has not yet read
// gives that reader a gap. It is safe for concurrent use.
type Source struct {
	mu       sync.Mutex
	epoch    string
	epochs   int
	roster   event.Roster
	log      []*event.Event
	gone     []int64 // offsets of trimmed events
	latest   int64
	state    map[event.Agent]event.Snapshot
	err      error
	changed  chan struct{} // closed and replaced when streams have to look again
	streams  int
	snapshot int
}

var _ event.Source = (*Source)(nil)

// NewSource returns an empty Source of the epoch "test1".
func NewSource() *Source {
	return &Source{
		epoch: "test1", epochs: 1, changed: make(chan struct{}),
		state: make(map[event.Agent]event.Snapshot),
	}
}

// Append adds e with the next offset and an audience of the agents given, and
// returns the event that readers get. An event that can not be encoded is a
// mistake of the test, and panics.
func (s *Source) Append(e event.Event, to ...event.Agent) *event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var set event.Bitmap
	for _, a := range to {
		set.Add(s.roster.Add(a))
	}
	s.latest++
	e.Cursor = event.Cursor{Epoch: s.epoch, Offset: s.latest}
	e.Audience = s.roster.Intern(set)
	if err := e.Encode(); err != nil {
		panic(err)
	}
	s.log = append(s.log, &e)
	s.wake()
	return &e
}

// Skip leaves a hole of n offsets.
func (s *Source) Skip(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest += n
}

// Trim removes the events up to and including the cursor.
func (s *Source) Trim(through event.Cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.after(through.Offset)
	for _, e := range s.log[:n] {
		s.gone = append(s.gone, e.Cursor.Offset)
	}
	s.log = slices.Clone(s.log[n:])
	s.wake()
}

// NewEpoch starts the log again, empty, in another epoch.
func (s *Source) NewEpoch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epochs++
	s.epoch = fmt.Sprintf("test%d", s.epochs)
	s.log, s.gone, s.latest = nil, nil, 0
	s.wake()
}

// SetSnapshot gives what Snapshot returns for an agent, or for the operator
// with the zero Agent. The cursor, and recent messages if there are none, are
// filled in from the log.
func (s *Source) SetSnapshot(agent event.Agent, snap event.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[agent] = snap
}

// Fail makes Subscribe and Snapshot return err until it is called with nil.
func (s *Source) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Latest returns the cursor behind the newest event.
func (s *Source) Latest() event.Cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return event.Cursor{Epoch: s.epoch, Offset: s.latest}
}

// Streams returns how many streams are open.
func (s *Source) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams
}

// Snapshots returns how many snapshots were taken.
func (s *Source) Snapshots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// Subscribe implements event.Source.
func (s *Source) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return nil, s.err
	case req.Agent.IsZero() && !req.Operator:
		return nil, event.ErrForbidden
	}
	if gap := s.gap(req.After); gap != nil {
		return nil, gap
	}
	st := &stream{src: s, req: req, epoch: s.epoch, at: max(req.After.Offset, s.trimmed()), bound: s.latest}
	st.live = st.at >= s.latest
	s.streams++
	return st, nil
}

// Snapshot implements event.Source.
func (s *Source) Snapshot(ctx context.Context, agent event.Agent) (event.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return event.Snapshot{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return event.Snapshot{}, s.err
	}
	s.snapshot++
	snap := s.state[agent]
	snap.Cursor = event.Cursor{Epoch: s.epoch, Offset: s.latest}
	if snap.Agent == nil && !agent.IsZero() {
		info := Info(agent)
		snap.Agent = &info
	}
	if snap.RecentMessages == nil {
		snap.RecentMessages = s.recent(agent)
	}
	return snap, nil
}

func (s *Source) recent(agent event.Agent) []json.RawMessage {
	var out []json.RawMessage
	for _, e := range slices.Backward(s.log) {
		if e.Type == event.MessageNew && (agent.IsZero() || e.VisibleTo(agent)) && len(out) < recentMessages {
			out = append(out, e.Payload)
		}
	}
	slices.Reverse(out)
	return out
}

// gap returns why the log can not be continued behind c, or nil.
func (s *Source) gap(c event.Cursor) *event.GapError {
	g := &event.GapError{Requested: c, Oldest: event.Cursor{Epoch: s.epoch, Offset: s.trimmed()}, Count: -1}
	switch {
	case c.IsZero():
		return nil
	case c.Epoch != s.epoch:
		g.Reason = event.GapEpoch
	case c.Offset > s.latest:
		g.Reason = event.GapFuture
	case c.Offset < s.trimmed():
		g.Reason = event.GapTrimmed
		g.Count = int64(len(s.gone) - sort.Search(len(s.gone), func(i int) bool { return s.gone[i] > c.Offset }))
	default:
		return nil
	}
	return g
}

// trimmed returns the highest offset that was removed.
func (s *Source) trimmed() int64 {
	if len(s.gone) == 0 {
		return 0
	}
	return s.gone[len(s.gone)-1]
}

// after returns the index of the first event behind an offset.
func (s *Source) after(offset int64) int {
	return sort.Search(len(s.log), func(i int) bool { return s.log[i].Cursor.Offset > offset })
}

func (s *Source) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}
