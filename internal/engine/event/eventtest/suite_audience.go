package eventtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
)

func testAudience(t *testing.T, s *suite) {
	both := s.append([]event.Agent{Alice, Bob}, messages(1, 2)...)
	alone := s.append([]event.Agent{Bob}, messages(3, 2)...)
	s.append(nil, messages(5, 1)...)
	s.same("alice", s.all(event.Request{Agent: Alice}), both)
	s.same("bob", s.all(event.Request{Agent: Bob}), append(both, alone...))
	s.same("carol, who is in no audience", s.all(event.Request{Agent: Carol}), nil)
}

func testAddressee(t *testing.T, s *suite) {
	dm := s.append([]event.Agent{Alice}, DM(1, Alice, Bob, "hi"))
	s.same("bob, the addressee", s.all(event.Request{Agent: Bob}), dm)
	s.same("alice, a recipient", s.all(event.Request{Agent: Alice}), dm)
	s.same("carol", s.all(event.Request{Agent: Carol}), nil)
}

func testOperator(t *testing.T, s *suite) {
	var want []*event.Event
	want = append(want, s.append([]event.Agent{Alice}, messages(1, 1)...)...)
	want = append(want, s.append([]event.Agent{Bob}, DM(2, Alice, Bob, "hi"))...)
	want = append(want, s.append(nil, messages(3, 1)...)...)
	s.same("the operator", s.all(event.Request{Operator: true}), want)
	s.same("the operator, narrowed", s.all(event.Request{Operator: true, Filter: event.Filter{Types: []string{"dm.*"}}}), want[1:2])
}

// oddAgents look alike when they are written down, and are not the same.
var oddAgents = []event.Agent{
	{Name: "al"},
	{Name: "al", Project: "p1"},
	{Name: "al:p1"},
	{Name: "AL"},
	{Name: "al "},
	{Name: "al,bo"},
	{Name: "al\nbo"},
	{Name: "al&agent=bo"},
	{Name: "al%20"},
	{Name: "ål"},
	{Name: "al\"],\"id\":\"x\r\n\r\n\u2028"},
}

func testExactNames(t *testing.T, s *suite) {
	want := make([][]*event.Event, len(oddAgents))
	for i, a := range oddAgents {
		want[i] = s.append([]event.Agent{a}, messages(int64(i+1), 1)...)
	}
	for i, a := range oddAgents {
		s.same(a.String(), s.all(event.Request{Agent: a}), want[i])
	}
}

func testNobody(t *testing.T, s *suite) {
	s.append([]event.Agent{Alice}, messages(1, 1)...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := s.Source.Subscribe(ctx, event.Request{})
	if err == nil {
		_ = st.Close()
	}
	if !errors.Is(err, event.ErrForbidden) {
		t.Errorf("Subscribe without agent: got %v, want ErrForbidden", err)
	}
}

func testFilterTypes(t *testing.T, s *suite) {
	all := s.append([]event.Agent{Alice},
		Message(1, "global:general", Bob, "x"), ChannelCreated("p1:dev"), Joined("p1:dev", Bob), Status(Bob, "away"),
		DM(2, Bob, Alice, "x"), Note(3, Alice, "x"))
	tests := []struct {
		types []string
		want  []*event.Event
	}{
		{[]string{"message.new"}, all[:1]},
		{[]string{"channel.*"}, all[1:3]},
		{[]string{"channel.member.*"}, all[2:3]},
		{[]string{"agent.status.changed", "note.created"}, []*event.Event{all[3], all[5]}},
		{[]string{"message.edited"}, nil},
		{nil, all},
	}
	for _, tt := range tests {
		got := s.all(event.Request{Agent: Alice, Filter: event.Filter{Types: tt.types}})
		s.same("types "+strings.Join(tt.types, " "), got, tt.want)
	}
}

func testFilterChannels(t *testing.T, s *suite) {
	odd := "dm:a,b:p1:c:\n"
	all := s.append([]event.Agent{Alice},
		Message(1, "global:general", Bob, "x"), Message(2, "p1:dev", Bob, "x"), Status(Bob, "away"), Message(3, odd, Bob, "x"))
	tests := []struct {
		filter event.Filter
		want   []*event.Event
	}{
		{event.Filter{Channels: []string{"p1:dev"}}, all[1:2]},
		{event.Filter{Channels: []string{"p1:dev", "global:general"}}, all[:2]},
		{event.Filter{Channels: []string{"p1:de"}}, nil},
		{event.Filter{Channels: []string{odd}}, all[3:]},
		{event.Filter{Channels: []string{"p1:dev"}, Types: []string{"channel.*"}}, nil},
	}
	for _, tt := range tests {
		got := s.all(event.Request{Agent: Alice, Filter: tt.filter})
		s.same("channels "+strings.Join(tt.filter.Channels, " "), got, tt.want)
	}
}

func testFilterHidden(t *testing.T, s *suite) {
	s.append([]event.Agent{Bob}, Message(1, "p1:secret", Bob, "x"))
	got := s.all(event.Request{Agent: Alice, Filter: event.Filter{Types: []string{"message.new"}, Channels: []string{"p1:secret"}}})
	s.same("a filter for what is hidden", got, nil)
}
