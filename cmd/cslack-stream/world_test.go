package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/client"
)

// world is a workspace that a story writes down as JSON: the program under
// test reads its events from there when CSLACK_TEST_WORLD names the file.
type world struct {
	Agents   []worldAgent   `json:"agents"`
	Channels []worldChannel `json:"channels"`
	// Events are there from the beginning; Later are appended as soon as a
	// stream follows.
	Events []worldEvent `json:"events"`
	Later  []worldEvent `json:"later"`
	// Trim is how many of the events retention has removed.
	Trim int64 `json:"trim"`
	// Served puts a server and its client between the events and the program.
	Served bool     `json:"served"`
	Mode   string   `json:"mode"`
	Notes  []string `json:"notes"`
	// Derived tells that the events were made from the tables as they are.
	Derived bool `json:"derived"`
	// Fails is what opening a stream answers: forbidden or unavailable.
	Fails string `json:"fails"`
}

type worldAgent struct {
	Name, Project, ProjectName, Description string
	Active                                  float64
	Checked                                 string
	Waiting                                 int64
}

type worldChannel struct {
	ID, Name, Kind string
	Members        []string
}

// worldEvent is a message, or with Data any other event.
type worldEvent struct {
	Type, From, Channel, Text, Addressee string
	Entity, EntityID                     string
	To                                   []string
	At                                   time.Time
	Data                                 json.RawMessage `json:",omitempty"`
}

func readWorld(path string) (*world, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var w world
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return &w, nil
}

// open makes the source of the world's events.
func (w *world) open(context.Context, *environment, sourceFlags) (*attachment, error) {
	s := &worldSource{Source: eventtest.NewSource(), world: w}
	for i, e := range w.Events {
		s.append(int64(i)+1, e)
	}
	if w.Trim > 0 {
		s.Trim(event.Cursor{Epoch: "test1", Offset: w.Trim})
	}
	switch w.Fails {
	case "forbidden":
		s.Fail(event.ErrForbidden)
	case "unavailable":
		s.Fail(event.ErrUnavailable)
	}
	a := &attachment{
		Source: s, Mode: w.Mode, Where: "the test world", Notes: w.Notes, Derived: w.Derived,
		Agents:   func(context.Context) ([]event.AgentInfo, error) { return w.infos(), nil },
		Channels: func(context.Context, event.Agent) ([]event.Channel, error) { return w.channels(), nil },
	}
	if a.Mode == "" {
		a.Mode = modeDirect
	}
	if w.Served {
		return a, w.serve(a)
	}
	return a, nil
}

// serve reads the source of a through a server.
func (w *world) serve(a *attachment) error {
	ts := httptest.NewServer(server.New(server.Options{Source: a.Source}))
	c, err := client.New(client.Options{URL: ts.URL})
	if err != nil {
		ts.Close()
		return err
	}
	a.Source, a.Close = c, func() error {
		err := c.Close()
		ts.Close()
		return err
	}
	return nil
}

func (w *world) infos() []event.AgentInfo {
	var out []event.AgentInfo
	for _, a := range w.Agents {
		i := eventtest.Info(event.Agent{Name: a.Name, Project: a.Project})
		if a.ProjectName != "" {
			i.ProjectName = &a.ProjectName
		}
		if a.Description != "" {
			i.Description = &a.Description
		}
		if a.Active > 0 {
			i.LastActive = json.RawMessage(strconv.FormatFloat(a.Active, 'f', -1, 64))
		}
		if a.Checked != "" {
			i.CheckedAt, i.Waiting = &a.Checked, &a.Waiting
		}
		out = append(out, i)
	}
	return out
}

func (w *world) channels() []event.Channel {
	var out []event.Channel
	for _, c := range w.Channels {
		out = append(out, event.Channel{
			ID: c.ID, Name: c.Name, Kind: event.Kind(c.Kind), AccessType: "open", Scope: "global", Members: c.Members,
		})
	}
	return out
}

// worldSource is a fake source whose later events come when they are followed.
type worldSource struct {
	*eventtest.Source
	world *world
	later sync.Once
}

// append adds an event. Without To, everybody may see it.
func (s *worldSource) append(id int64, w worldEvent) {
	var to []event.Agent
	for _, name := range w.To {
		to = append(to, mustAgent(name))
	}
	if w.To == nil {
		for _, a := range s.world.Agents {
			to = append(to, event.Agent{Name: a.Name, Project: a.Project})
		}
	}
	e := event.Event{
		Type: event.Type(w.Type), EntityType: w.Entity, EntityID: w.EntityID, Channel: w.Channel, CreatedAt: w.At, Payload: w.Data,
	}
	if w.Addressee != "" {
		e.Agent = mustAgent(w.Addressee)
	}
	if e.Type == "" {
		e.Type = event.MessageNew
	}
	if w.Data == nil {
		from := mustAgent(w.From)
		m := eventtest.Message(id, w.Channel, from, w.Text)
		e.EntityType, e.EntityID, e.Payload = m.EntityType, m.EntityID, s.payload(m.Payload, w.Channel)
		if w.EntityID != "" {
			e.EntityID = w.EntityID
		}
	}
	s.Append(e, to...)
}

// payload fills in what the world says about the channel.
func (s *worldSource) payload(data json.RawMessage, channel string) json.RawMessage {
	var m event.Message
	if err := json.Unmarshal(data, &m); err != nil {
		panic(err)
	}
	for _, c := range s.world.Channels {
		if c.ID == channel {
			m.ChannelName, m.ChannelKind, m.ChannelMembers = c.Name, event.Kind(c.Kind), c.Members
		}
	}
	out, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return out
}

// Subscribe implements event.Source.
func (s *worldSource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	stream, err := s.Source.Subscribe(ctx, req)
	if err == nil && req.Follow {
		s.later.Do(func() {
			for i, e := range s.world.Later {
				s.append(int64(len(s.world.Events)+i)+1, e)
			}
		})
	}
	return stream, err
}

func mustAgent(s string) event.Agent {
	a, err := event.ParseAgent(s)
	if err != nil {
		panic(err)
	}
	return a
}

// testEnvironment is the environment of the program under test: that of the
// process, with the world and the clock of the story.
func testEnvironment() *environment {
	env := newEnvironment()
	if path := os.Getenv("CSLACK_TEST_WORLD"); path != "" {
		w, err := readWorld(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(99)
		}
		env.Open = w.open
	}
	if now, err := time.Parse(time.RFC3339, os.Getenv("CSLACK_TEST_NOW")); err == nil {
		env.Now = func() time.Time { return now }
	}
	return env
}

// dev is a world of two agents who talk in #dev.
func dev(texts ...string) *world {
	w := &world{
		Agents:   []worldAgent{{Name: "alice", Project: "p1", ProjectName: "webapp"}, {Name: "bob", Project: "p1", ProjectName: "webapp"}},
		Channels: []worldChannel{{ID: "g:dev", Name: "dev", Kind: "channel"}},
	}
	for i, s := range texts {
		w.Events = append(w.Events, worldEvent{From: "bob:p1", Channel: "g:dev", Text: s, At: eventtest.Day.Add(time.Duration(i) * time.Second)})
	}
	return w
}
