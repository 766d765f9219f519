package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/event"
)

// fork copies the events of the plan into a new event file.
func (t *tailer) fork(ctx context.Context, path string) error {
	header, err := t.plan.header(t.request, t.infos, t.env).Append(nil)
	if err != nil {
		return err
	}
	f, err := sqlite.CreateFork(ctx, path, strings.TrimSuffix(string(header), "\n"))
	if errors.Is(err, fs.ErrExist) {
		return usageError("--to-db %s: the file is there already, and is never overwritten: give another name", quoted(path))
	}
	if err != nil {
		return fmt.Errorf("--to-db: %w", err)
	}
	if err := t.copyTo(ctx, f); err != nil {
		return errors.Join(err, f.Discard())
	}
	if t.printed == 0 {
		t.say("no events to copy: %s was not made", path)
		return f.Discard()
	}
	if err := f.Close(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	t.say("%s in %s; cslack-stream replay %s shows them", plural(t.printed, "event"), path, shellWord(path))
	return nil
}

// copyTo reads the stream to its end, over gaps.
func (t *tailer) copyTo(ctx context.Context, f *sqlite.Fork) error {
	for gaps := 0; ; gaps++ {
		err := t.copyStream(ctx, f)
		var gap *event.GapError
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, errCount):
			return nil
		case errors.As(err, &gap) && gaps < maxGaps:
			if err := t.overGap(gap); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (t *tailer) copyStream(ctx context.Context, f *sqlite.Fork) error {
	s, err := t.source.Subscribe(ctx, t.request)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		events, err := t.next(ctx, s)
		if err != nil {
			return err
		}
		copied := events[:0:0]
		for _, e := range events {
			if t.plan.narrows() && t.record(e) == nil {
				continue
			}
			if copied = append(copied, t.withAudience(e)); t.plan.count > 0 && t.printed+len(copied) == t.plan.count {
				break
			}
		}
		if err := f.Add(ctx, copied); err != nil {
			return err
		}
		if t.printed += len(copied); t.printed == t.plan.count {
			return errCount
		}
	}
}

// withAudience gives an event that came over a transport the audience that is
// known of it: the agent it came for.
func (t *tailer) withAudience(e *event.Event) *event.Event {
	if e.Audience != nil || t.view.Agent.IsZero() {
		return e
	}
	c := *e
	c.Audience = t.alone()
	return &c
}

// alone is the audience of the one agent whose stream this is.
func (t *tailer) alone() *event.Audience {
	if t.only == nil {
		roster := new(event.Roster)
		var set event.Bitmap
		set.Add(roster.Add(t.view.Agent))
		t.only = roster.Intern(set)
	}
	return t.only
}
