package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
)

const (
	// modeRecording and modeFile are the modes of attachments to files.
	modeRecording = "recording"
	modeFile      = "event file"
	// sqliteMagic begins every SQLite file.
	sqliteMagic = "SQLite format 3\x00"
)

// openReplay opens what is to be played: a file, or what tail would read.
func openReplay(ctx context.Context, env *environment, plan *replayPlan) (*attachment, error) {
	var a *attachment
	var err error
	switch {
	case plan.file == "":
		a, err = env.Open(ctx, env, plan.source)
	case isSQLite(plan.file):
		a, err = openEventFile(ctx, plan)
	default:
		a, err = openRecording(plan)
	}
	if err != nil {
		return nil, err
	}
	if a.Derived {
		a.Notes = append(a.Notes, "its past is derived from the tables as they are now: edits, deletions and who was a member when are not known")
	}
	return a, nil
}

func isSQLite(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	begin := make([]byte, len(sqliteMagic))
	_, err = io.ReadFull(file, begin)
	return err == nil && bytes.Equal(begin, []byte(sqliteMagic))
}

// openRecording opens a recording; of agents' views, those are meant.
func openRecording(plan *replayPlan) (*attachment, error) {
	r, err := replay.Open(plan.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFoundError("there is no file %s; for an agent's view give --agent %[1]s", quoted(plan.file))
	}
	if err != nil {
		return nil, err
	}
	h := r.Header()
	if viewers, _ := h.Viewers(); len(plan.agents) == 0 {
		for _, v := range viewers {
			plan.agents = append(plan.agents, v.String())
		}
	}
	a := &attachment{
		Source: r, Channels: r.Channels, Mode: modeRecording, Where: plan.file,
		Agents: func(context.Context) ([]event.AgentInfo, error) { return withViewers(h), nil },
	}
	if h.Range.Narrowed {
		a.Notes = append(a.Notes, "the recording was narrowed by a query when it was made")
	}
	return a, nil
}

// withViewers are the agents of the header, and those whose stream it is.
func withViewers(h replay.Header) []event.AgentInfo {
	infos := h.Infos()
	viewers, _ := h.Viewers()
	for _, v := range viewers {
		infos = addInfo(infos, v)
	}
	return infos
}

func addInfo(infos []event.AgentInfo, a event.Agent) []event.AgentInfo {
	for _, i := range infos {
		if i.Key() == a {
			return infos
		}
	}
	i := event.AgentInfo{Name: a.Name}
	if a.Project != "" {
		i.ProjectID = &a.Project
	}
	return append(infos, i)
}

// openEventFile opens a copy of events that --to-db made, or a copy of an
// engine's event file, wherever it lies.
func openEventFile(ctx context.Context, plan *replayPlan) (*attachment, error) {
	log, err := sqlite.Open(ctx, sqlite.Options{Path: plan.file, ReadOnly: true, Anywhere: true, Archive: plan.source.archive})
	if err != nil {
		return nil, fmt.Errorf("%s holds no events of ours (a Claude-Slack database is given with --db): %w", plan.file, err)
	}
	a := &attachment{Mode: modeFile, Where: plan.file, Close: log.Close}
	if a.Source, err = engine.NewPast(ctx, log); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	a.Agents = func(ctx context.Context) ([]event.AgentInfo, error) { return agentsOf(ctx, log) }
	a.Channels = func(ctx context.Context, agent event.Agent) ([]event.Channel, error) {
		return replay.Channels(ctx, a.Source, event.Request{Agent: agent, Operator: agent.IsZero()})
	}
	return a, nil
}

// agentsOf are the agents that an event file knows: with the names of their
// projects, if it is a copy that was made with them.
func agentsOf(ctx context.Context, log *sqlite.Log) ([]event.AgentInfo, error) {
	text, err := log.Header(ctx)
	if err != nil {
		return nil, err
	}
	var infos []event.AgentInfo
	if text != "" {
		h, err := replay.ParseHeader([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", log.Path(), err)
		}
		infos = withViewers(h)
	}
	agents, err := log.Agents(ctx)
	for _, a := range agents {
		infos = addInfo(infos, a)
	}
	return infos, err
}
