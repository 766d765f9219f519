package eventtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
)

// seenBy are the agents given that may see e.
func seenBy(e *event.Event, agents ...event.Agent) []string {
	var out []string
	for _, a := range agents {
		if e.VisibleTo(a) {
			out = append(out, a.String())
		}
	}
	return out
}

// A stream of several agents gives what any of them may see: in the order of
// the log, and once, however many of them see it.
func testUnion(t *testing.T, s *suite) {
	both := s.append([]event.Agent{Alice, Bob}, messages(1, 1)...)
	s.append([]event.Agent{Carol}, messages(2, 1)...)
	bobs := s.append([]event.Agent{Bob}, messages(3, 1)...)
	ginas := s.append([]event.Agent{Carol, Gina}, messages(4, 1)...)
	s.append(nil, messages(5, 1)...)
	dm := s.append([]event.Agent{Carol}, DM(6, Carol, Bob, "hi"))
	alices := s.append([]event.Agent{Alice}, messages(7, 1)...)
	want := slices.Concat(both, bobs, ginas, dm, alices)
	s.same("alice, bob and gina", s.all(event.Request{Agent: Alice, Also: []event.Agent{Bob, Gina}}), want)
	s.same("in another order, one of them twice", s.all(event.Request{Agent: Gina, Also: []event.Agent{Bob, Alice, Bob}}), want)
	s.same("alice and one who sees nothing", s.all(event.Request{Agent: Alice, Also: []event.Agent{{Name: "nobody"}}}), slices.Concat(both, alices))
	s.same("alice alone", s.all(event.Request{Agent: Alice}), slices.Concat(both, alices))
}

// Whoever of them an event is for, the stream wakes.
func testUnionFollows(t *testing.T, s *suite) {
	st := s.subscribe(event.Request{Agent: Alice, Also: []event.Agent{Bob}, Follow: true})
	for i, to := range []event.Agent{Bob, Alice, Bob} {
		var wg sync.WaitGroup
		var want []*event.Event
		wg.Go(func() {
			s.append([]event.Agent{Carol}, messages(int64(10*i+10), 1)...)
			want = s.append([]event.Agent{to}, messages(int64(10*i+11), 1)...)
		})
		got := ReadN(t, st, 1)
		wg.Wait()
		s.same("for "+to.String(), got, want)
	}
}

func testNobodyFirst(t *testing.T, s *suite) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := s.Source.Subscribe(ctx, event.Request{Also: []event.Agent{Alice}})
	if err == nil {
		_ = st.Close()
	}
	if !errors.Is(err, event.ErrForbidden) {
		t.Errorf("Subscribe without agent but with further ones: got %v, want ErrForbidden", err)
	}
}

func testUnionNarrowed(t *testing.T, s *suite) {
	all := slices.Concat(
		s.append([]event.Agent{Alice}, Message(1, "p1:dev", Bob, "x")),
		s.append([]event.Agent{Bob}, Message(2, "p1:ops", Bob, "x"), Message(3, "p1:dev", Bob, "x"), Status(Bob, "away")),
	)
	req := event.Request{Agent: Alice, Also: []event.Agent{Bob}, Filter: event.Filter{Channels: []string{"p1:dev"}}}
	s.same("in one channel", s.all(req), []*event.Event{all[0], all[2]})
	req.After = all[0].Cursor
	s.same("resumed", s.all(req), all[2:3])
}

// Events say who of those that are asked for may see them, the addressee
// among them.
func testEventAudience(t *testing.T, s *suite) {
	s.append([]event.Agent{Alice, Bob}, messages(1, 1)...)
	s.append([]event.Agent{Bob, Carol}, messages(2, 1)...)
	s.append([]event.Agent{Bob}, DM(3, Bob, Alice, "hi"))
	s.append([]event.Agent{Carol}, messages(4, 1)...)
	s.append([]event.Agent{Alice, Bob}, messages(5, 1)...)
	req := event.Request{Agent: Alice, Also: []event.Agent{Bob, Gina}, Audience: true}
	var got [][]string
	for _, e := range s.all(req) {
		got = append(got, seenBy(e, req.Agents()...))
	}
	want := [][]string{{"alice:p1", "bob:p1"}, {"bob:p1"}, {"alice:p1", "bob:p1"}, {"alice:p1", "bob:p1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who sees what differs (-want +got):\n%s", diff)
	}
}

func testOperatorAudience(t *testing.T, s *suite) {
	s.append([]event.Agent{Alice, Carol}, messages(1, 1)...)
	s.append(nil, messages(2, 1)...)
	s.append([]event.Agent{Alice}, DM(3, Alice, Gina, "hi"))
	want := [][]string{{"alice:p1", "carol:p2"}, nil, {"alice:p1", "gina:"}}
	for i, e := range s.all(event.Request{Operator: true, Audience: true}) {
		if diff := cmp.Diff(want[i], seenBy(e, Alice, Bob, Carol, Gina)); diff != "" {
			t.Errorf("who sees event %d differs (-want +got):\n%s", i+1, diff)
		}
	}
}

func testOddAudience(t *testing.T, s *suite) {
	for i, a := range oddAgents {
		s.append([]event.Agent{a}, messages(int64(i+1), 1)...)
	}
	for _, req := range []event.Request{{Agent: oddAgents[0], Also: oddAgents[1:], Audience: true}, {Operator: true, Audience: true}} {
		events := s.all(req)
		if len(events) != len(oddAgents) {
			t.Fatalf("got %d events, want %d", len(events), len(oddAgents))
		}
		for i, e := range events {
			if diff := cmp.Diff([]string{oddAgents[i].String()}, seenBy(e, oddAgents...)); diff != "" {
				t.Errorf("who sees event %d differs (-want +got):\n%s", i+1, diff)
			}
		}
	}
}
