package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/client"
	"cslack-stream/internal/tui/line"
)

const (
	// minRetry and maxRetry bound the time between attempts to get a lost
	// stream back.
	minRetry = 250 * time.Millisecond
	maxRetry = 5 * time.Second
	// maxGaps is how often a stream may have a gap without any event before it
	// is given up.
	maxGaps = 8
)

// read prints the stream of t.request until it ends, over gaps and losses. It
// returns nil at the end of a stream that does not follow.
func (t *tailer) read(ctx context.Context) error {
	retry, attempt, gaps := time.Duration(0), 0, 0
	for {
		before := t.printed
		err := t.readStream(ctx)
		if t.printed > before {
			retry, attempt, gaps = 0, 0, 0
		}
		var gap *event.GapError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &gap):
			if gaps++; gaps > maxGaps {
				return fmt.Errorf("read events: %w", err)
			}
			if err := t.overGap(gap); err != nil {
				return err
			}
		case t.isFinal(ctx, err):
			return err
		case t.plan.noReconnect && errors.Is(err, client.ErrLost):
			return &exitError{exitLost, fmt.Errorf("%w (--no-reconnect)", err)}
		case t.plan.noReconnect:
			return &exitError{exitLost, fmt.Errorf("stream lost: %w (--no-reconnect)", err)}
		default:
			if retry == 0 {
				t.say("stream lost: %v; trying again", err)
			}
			retry = min(max(2*retry, minRetry), maxRetry)
			attempt++
			t.status.Lost(t.env.Now().Add(retry), attempt)
			if err := t.pause(ctx, retry); err != nil {
				return err
			}
			t.status.Retry(attempt)
		}
	}
}

// readStream prints one stream until it breaks.
func (t *tailer) readStream(ctx context.Context) error {
	s, err := t.source.Subscribe(ctx, t.request)
	if err != nil {
		return err
	}
	defer s.Close()
	t.opened = true
	if t.request.Follow {
		t.status.Live()
	}
	for {
		events, err := t.next(ctx, s)
		if c := s.Cursor(); !c.IsZero() {
			t.request.After = c
		}
		if err != nil {
			return err
		}
		if err := t.print(events); err != nil {
			return err
		}
	}
}

// isFinal tells whether trying again can not help.
func (t *tailer) isFinal(ctx context.Context, err error) bool {
	for _, final := range []error{errCount, errIdle, errUntil, event.ErrForbidden, event.ErrNotFound, event.ErrClosed} {
		if errors.Is(err, final) {
			return true
		}
	}
	var refused *exitError
	var output *writeError
	return ctx.Err() != nil || isBadRecording(err) || errors.As(err, &refused) || errors.As(err, &output) || !t.opened && !errors.Is(err, event.ErrUnavailable)
}

// overGap says what is missing, and goes on behind it.
func (t *tailer) overGap(g *event.GapError) error {
	t.tape.gap(g)
	if t.controls() {
		if err := t.write(line.AppendGap(nil, g)); err != nil {
			return err
		}
	}
	if t.plan.noReconnect {
		return &exitError{exitLost, fmt.Errorf("gap: %w (--no-reconnect)", g)}
	}
	what := "gap"
	if g.Count >= 0 {
		what = "gap of " + plural(int(g.Count), "event")
	}
	t.status.Gap()
	t.say("%s: %v; going on behind %v", what, g, g.Oldest)
	t.request.After, t.cursor = g.Oldest, g.Oldest
	return nil
}

// pause waits before the next attempt, no longer than --timeout allows.
func (t *tailer) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	var idle <-chan time.Time
	if t.plan.timeout > 0 {
		deadline := time.NewTimer(time.Until(t.idle.Add(t.plan.timeout)))
		defer deadline.Stop()
		idle = deadline.C
	}
	select {
	case <-timer.C:
		return nil
	case <-idle:
		return errIdle
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// printLast prints the newest n events that the filters let through, and
// moves to the newest event there is. What is filtered here the source can not
// count: it looks back further until there is enough, or nothing more.
func (t *tailer) printLast(ctx context.Context, n int) error {
	for want, before := n, (event.Cursor{}); ; want *= 4 {
		at, err := event.Last(ctx, t.source.Source, t.request, want)
		if err != nil {
			return err
		}
		if n == 0 {
			t.cursor = at
			return nil
		}
		req := t.request
		req.After = at
		newest, err := t.readNewest(ctx, req, n)
		if err != nil {
			return err
		}
		nothingMore := at == before || newest.seen < want && req.Until.IsZero()
		if len(newest.records) >= n || nothingMore {
			return t.printNewest(newest)
		}
		before = at
	}
}

func (t *tailer) printNewest(newest newestEvents) error {
	t.cursor, t.opened = newest.cursor, true
	return t.printRecords(newest.records)
}

// newestEvents are the newest events of a stream that does not follow.
type newestEvents struct {
	records []*line.Record
	seen    int // events read, whether they match or not
	cursor  event.Cursor
}

// readNewest reads a stream to its end and keeps the newest n records. What
// retention removes meanwhile is not missed: nobody has seen it yet.
func (t *tailer) readNewest(ctx context.Context, req event.Request, n int) (newestEvents, error) {
	for range maxGaps {
		var out newestEvents
		s, err := t.source.Subscribe(ctx, req)
		if err == nil {
			out, err = t.keepNewest(ctx, s, n)
			_ = s.Close()
		}
		var gap *event.GapError
		if !errors.As(err, &gap) {
			return out, err
		}
		req.After = gap.Oldest
	}
	return newestEvents{}, fmt.Errorf("read the last events: %w", event.ErrUnavailable)
}

func (t *tailer) keepNewest(ctx context.Context, s event.Stream, n int) (newestEvents, error) {
	var out newestEvents
	t.fold = line.Fold{}
	for {
		events, err := t.next(ctx, s)
		out.cursor = s.Cursor()
		if errors.Is(err, io.EOF) {
			out.records = out.records[max(0, len(out.records)-n):]
			return out, nil
		}
		if err != nil {
			return out, err
		}
		for _, e := range events {
			out.seen++
			if r := t.record(e); r != nil {
				out.records = append(out.records, r)
			}
		}
		if extra := len(out.records) - n; extra > n+1024 {
			out.records = append(out.records[:0:0], out.records[extra:]...)
		}
	}
}
