package server

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"cslack-stream/internal/engine/event"
)

// past says how far back a stream begins.
type past struct {
	// last is how many of the newest events it begins with; negative if that
	// was not asked for.
	last int
	// before asks for nothing but those, up to and including this cursor.
	before event.Cursor
}

// parsePast reads last and before. A cursor to resume from wins over both: a
// browser that reconnects asks with the URL of its first connection.
func parsePast(v url.Values) (past, error) {
	p := past{last: -1}
	if last := v.Get("last"); last != "" {
		n, err := strconv.ParseUint(last, 10, 31)
		if err != nil {
			return p, badRequest("last=%s: want how many events, for example last=50", clip(last))
		}
		p.last = int(n)
	}
	var err error
	if p.before, err = event.ParseCursor(v.Get("before")); err != nil {
		return p, badRequest("before: %v", err)
	}
	if !p.before.IsZero() && p.last < 0 {
		return p, badRequest("before needs last: add how many events before the cursor are wanted, for example last=50")
	}
	return p, nil
}

func (p past) asked() bool { return p.last >= 0 }

// openPast opens a stream of the newest events, and of what follows them
// unless it is to end at a cursor.
func (d *delivery) openPast(ctx context.Context) error {
	from, ok := d.source.(event.Backwards)
	if !ok {
		return badRequest("this server can not look back: leave last and before out")
	}
	p, req := d.query.past, d.query.request(event.Cursor{})
	if !p.before.IsZero() {
		events, err := from.Before(ctx, req, p.before, p.last)
		if gap := asGap(err); gap != nil {
			return d.gap(ctx, gap)
		}
		if err != nil {
			return fmt.Errorf("look back: %w", err)
		}
		d.stream = newPage(events, p.before)
		return nil
	}
	at, err := from.Last(ctx, req, p.last)
	if err != nil {
		return fmt.Errorf("look back: %w", err)
	}
	req.After = at
	stream, err := d.source.Subscribe(ctx, req)
	if gap := asGap(err); gap != nil {
		return d.gap(ctx, gap)
	}
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	d.stream = stream
	return nil
}

// page is a stream of events that are all there, and end.
type page struct {
	events []*event.Event
	cursor event.Cursor
	end    event.Cursor
}

func newPage(events []*event.Event, end event.Cursor) *page {
	p := &page{events: events, cursor: end, end: end}
	if len(events) > 0 {
		p.cursor = events[0].Cursor
		p.cursor.Offset--
	}
	return p
}

// Next implements event.Stream.
func (p *page) Next(ctx context.Context) ([]*event.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	events := p.events
	p.events, p.cursor = nil, p.end
	if len(events) == 0 {
		return nil, io.EOF
	}
	return events, nil
}

// Cursor implements event.Stream.
func (p *page) Cursor() event.Cursor { return p.cursor }

// Live implements event.Stream.
func (*page) Live() bool { return true }

// Close implements event.Stream.
func (*page) Close() error { return nil }
