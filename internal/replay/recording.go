package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
)

// Recording is an opened recording: a source of what was recorded. Its streams
// end where the recording ends, also those that follow. It is safe for
// concurrent use.
type Recording struct {
	path    string
	header  Header
	viewers []event.Agent
	roster  *audiences
}

var _ event.Source = (*Recording)(nil)

// Open opens a recording and checks its header. Every other line is checked
// when it is read.
func Open(path string) (*Recording, error) {
	r := &Recording{path: path, roster: newAudiences()}
	lines, file, err := r.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if r.header, err = lines.header(); err != nil {
		return nil, err
	}
	r.viewers, err = r.header.Viewers()
	return r, err
}

func (r *Recording) open() (*reader, *os.File, error) {
	file, err := os.Open(r.path)
	if err != nil {
		return nil, nil, fmt.Errorf("open recording: %w", err)
	}
	return newReader(r.path, file, r.roster), file, nil
}

// Header returns the first line.
func (r *Recording) Header() Header { return r.header }

// Agents lists the agents of the header.
func (r *Recording) Agents(context.Context) ([]event.AgentInfo, error) { return r.header.Infos(), nil }

// Channels lists the channels that the recorded events name, whoever asks:
// those that recorded saw all of them.
func (r *Recording) Channels(ctx context.Context, _ event.Agent) ([]event.Channel, error) {
	req := event.Request{Operator: true}
	if len(r.viewers) > 0 {
		req = event.Request{Agent: r.viewers[0], Also: r.viewers[1:]}
	}
	return Channels(ctx, r, req)
}

// Subscribe implements event.Source. Of one agent's recording only that agent
// can read; of one of several agents or of everything also those who could see
// something in it, if it says so.
func (r *Recording) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.permits(req); err != nil {
		return nil, err
	}
	s := &stream{req: req, whole: r.isWhole(req)}
	var err error
	if s.lines, s.file, err = r.open(); err != nil {
		return nil, err
	}
	if _, err = s.lines.header(); err == nil && !req.After.IsZero() {
		err = s.seek(req.After, r.header.oldest())
	}
	if err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// permits refuses whoever's view was not recorded.
func (r *Recording) permits(req event.Request) error {
	everything := len(r.viewers) == 0
	switch {
	case req.Operator && everything:
		return nil
	case req.Operator:
		return r.forbidden()
	case req.Agent.IsZero():
		return fmt.Errorf("subscribe as nobody: %w", event.ErrForbidden)
	case !everything && slices.ContainsFunc(asked(req), func(a event.Agent) bool { return !slices.Contains(r.viewers, a) }):
		return r.forbidden()
	}
	return nil
}

func (r *Recording) forbidden() error {
	return fmt.Errorf("%w: %s is the recording of %s", event.ErrForbidden, r.path, strings.Join(r.header.View, ", "))
}

// isWhole tells whether all that was recorded is for the reader.
func (r *Recording) isWhole(req event.Request) bool {
	return req.Operator ||
		len(r.viewers) > 0 && !slices.ContainsFunc(r.viewers, func(a event.Agent) bool { return !slices.Contains(asked(req), a) })
}

func asked(req event.Request) []event.Agent { return append([]event.Agent{req.Agent}, req.Also...) }

// Snapshot implements event.Source: a recording holds events only.
func (r *Recording) Snapshot(context.Context, event.Agent) (event.Snapshot, error) {
	return event.Snapshot{}, fmt.Errorf("take snapshot of a recording: %w", event.ErrUnavailable)
}
