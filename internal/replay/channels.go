package replay

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"cslack-stream/internal/engine/event"
)

// Channels lists the channels that events name, for sources that hold nothing
// but events. It reads them once, up to the end or to what is wrong with them:
// whoever reads the events is told.
func Channels(ctx context.Context, source event.Source, req event.Request) ([]event.Channel, error) {
	found := make(map[string]event.Channel)
	for {
		err := collect(ctx, source, req, found)
		var gap *event.GapError
		switch {
		case errors.As(err, &gap):
			req.After = gap.Oldest
		case errors.Is(err, io.EOF), errors.Is(err, ErrCutOff):
			return slices.Collect(maps.Values(found)), nil
		default:
			return nil, err
		}
	}
}

// collect reads a stream until it ends, and returns what ended it.
func collect(ctx context.Context, source event.Source, req event.Request, found map[string]event.Channel) error {
	s, err := source.Subscribe(ctx, req)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		events, err := s.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			if c, ok := channelOf(e); ok {
				found[c.ID] = c
			}
		}
	}
}

// channelOf is the channel that an event names.
func channelOf(e *event.Event) (event.Channel, bool) {
	var p struct {
		Name        string     `json:"name"`
		ChannelName string     `json:"channel_name"`
		Kind        event.Kind `json:"channel_kind"`
		Members     []string   `json:"channel_members"`
	}
	if e.Channel == "" || json.Unmarshal(e.Payload, &p) != nil {
		return event.Channel{}, false
	}
	if p.ChannelName == "" {
		p.ChannelName = p.Name
	}
	return event.Channel{ID: e.Channel, Name: p.ChannelName, Kind: p.Kind, Members: p.Members}, true
}
