// Package memory is an event log that lives as long as its process: for
// read-only attachments, for running without persistence, and for tests.
package memory

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// DefaultMax is how many events a log keeps if nothing else is said.
const DefaultMax = 100_000

// Options configure a Log.
type Options struct {
	// Max bounds the number of events kept; the oldest go first. 0 means
	// DefaultMax.
	Max int
	// TTL bounds their age in the log, except for the newest 256: what came
	// last is worth showing in a workspace that has long been quiet. 0 means
	// that they do not age.
	TTL time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// keep is how many events stay whatever their age.
const keep = 256

// Log is an event log in memory with an epoch of its own. It is safe for
// concurrent use.
type Log struct {
	max int
	ttl time.Duration
	now func() time.Time

	mu         sync.RWMutex
	epoch      string
	events     []*event.Event // by offset, without holes
	newest     int64
	trimmed    backend.Bounds // only its marks
	roster     *event.Roster
	entries    map[string]claudeslack.Entry
	checkpoint claudeslack.Checkpoint
}

// New returns an empty log.
func New(opts Options) *Log {
	if opts.Max == 0 {
		opts.Max = DefaultMax
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	l := &Log{max: opts.Max, ttl: opts.TTL, now: opts.Now}
	l.clear()
	return l
}

func (l *Log) clear() {
	l.epoch = event.NewEpoch()
	l.events, l.newest, l.trimmed = nil, 0, backend.Bounds{}
	l.roster = new(event.Roster)
	l.entries = make(map[string]claudeslack.Entry)
}

// Bounds returns the ends of the log.
func (l *Log) Bounds(context.Context) (backend.Bounds, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.bounds(), nil
}

func (l *Log) bounds() backend.Bounds {
	return backend.Bounds{Epoch: l.epoch, Newest: l.newest, TrimmedDM: l.trimmed.TrimmedDM, TrimmedRest: l.trimmed.TrimmedRest}
}

// Read returns up to limit events after the cursor, none at the end of the
// log, or a *event.GapError.
func (l *Log) Read(_ context.Context, after event.Cursor, f event.Filter, limit int) ([]*event.Event, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	offset, err := l.bounds().Resolve(after, f)
	if err != nil {
		return nil, err
	}
	i := l.index(offset)
	return slices.Clone(l.events[i:min(i+limit, len(l.events))]), nil
}

// index returns where the first event after offset is.
func (l *Log) index(offset int64) int {
	return sort.Search(len(l.events), func(i int) bool { return l.events[i].Cursor.Offset > offset })
}

// Before returns up to limit events at or before the cursor, newest first.
func (l *Log) Before(_ context.Context, at event.Cursor, limit int) ([]*event.Event, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	i := l.index(at.Offset)
	out := slices.Clone(l.events[max(0, i-limit):i])
	slices.Reverse(out)
	return out, nil
}

// About returns the events about one entity, in order.
func (l *Log) About(_ context.Context, entityType, entityID, channel string) ([]*event.Event, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var out []*event.Event
	for _, e := range l.events {
		if e.EntityID == entityID && e.EntityType == entityType && (channel == "" || e.Channel == channel) {
			out = append(out, e)
		}
	}
	return out, nil
}

// Resolve returns where a reader goes on, or a *event.GapError.
func (l *Log) Resolve(ctx context.Context, after event.Cursor, f event.Filter) (event.Cursor, error) {
	b, err := l.Bounds(ctx)
	if err != nil {
		return event.Cursor{}, err
	}
	offset, err := b.Resolve(after, f)
	return event.Cursor{Epoch: b.Epoch, Offset: offset}, err
}

// Seek returns the cursor just before the first event created at t or later.
func (l *Log) Seek(_ context.Context, t time.Time) (event.Cursor, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, e := range l.events {
		if !e.CreatedAt.Before(t) {
			return event.Cursor{Epoch: l.epoch, Offset: e.Cursor.Offset - 1}, nil
		}
	}
	return event.Cursor{Epoch: l.epoch, Offset: l.newest}, nil
}

// CursorAt returns the cursor behind the last event rendered from a change
// with this id or a smaller one.
func (l *Log) CursorAt(_ context.Context, change int64) (event.Cursor, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, e := range slices.Backward(l.events) {
		if e.Change <= change {
			return e.Cursor, nil
		}
	}
	if len(l.events) > 0 {
		return event.Cursor{Epoch: l.epoch, Offset: l.events[0].Cursor.Offset - 1}, nil
	}
	return event.Cursor{Epoch: l.epoch, Offset: l.newest}, nil
}

// Checkpoint returns how far the change log is carried.
func (l *Log) Checkpoint(context.Context) (claudeslack.Checkpoint, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.checkpoint, nil
}

// Load returns the state as of the last append.
func (l *Log) Load(context.Context) (backend.State, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	ws := claudeslack.NewWorkspace(l.roster)
	for _, e := range sorted(l.entries) {
		if err := ws.Restore(e); err != nil {
			return backend.State{}, err
		}
	}
	return backend.State{Checkpoint: l.checkpoint, Workspace: ws}, nil
}

// sorted returns the entries in the order that Restore needs: channels before
// members.
func sorted(entries map[string]claudeslack.Entry) []claudeslack.Entry {
	keys := make([]string, 0, len(entries))
	for k := range entries {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]claudeslack.Entry, len(keys))
	for i, k := range keys {
		out[i] = entries[k]
	}
	return out
}

// Append adds a batch. It returns backend.ErrConflict if the log does not
// stand at b.From.
func (l *Log) Append(_ context.Context, b *backend.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.checkpoint != b.From {
		return backend.ErrConflict
	}
	return l.append(b)
}

func (l *Log) append(b *backend.Batch) error {
	l.redact(b.Redact)
	for i := range b.Events {
		e := &b.Events[i]
		e.Cursor = event.Cursor{Epoch: l.epoch, Offset: l.newest + int64(i) + 1}
		if err := e.Encode(); err != nil {
			return fmt.Errorf("append to memory log: %w", err)
		}
	}
	now := l.now()
	for i := range b.Events {
		if l.ttl > 0 {
			b.Events[i].ExpiresAt = now.Add(l.ttl).UTC()
		}
		l.events = append(l.events, &b.Events[i])
	}
	l.newest += int64(len(b.Events))
	l.evict(now)
	for _, e := range b.Entries {
		key := e.Kind + e.Key
		if e.Value == nil {
			delete(l.entries, key)
			continue
		}
		l.entries[key] = e
	}
	l.checkpoint = b.To
	return nil
}

// redact takes the texts of messages out of the events about them. Readers
// share events, so that these are replaced.
func (l *Log) redact(messages []string) {
	if len(messages) == 0 {
		return
	}
	for i, e := range l.events {
		if e.EntityType == "message" && slices.Contains(messages, e.EntityID) {
			l.events[i] = e.Redacted()
		}
	}
}

// evict removes the oldest events that are too many or too old, and returns
// how many.
func (l *Log) evict(now time.Time) int {
	n := max(0, len(l.events)-l.max)
	for l.ttl > 0 && n < len(l.events)-keep && !l.events[n].ExpiresAt.After(now) {
		n++
	}
	if n == 0 {
		return 0
	}
	for _, e := range l.events[:n] {
		if backend.IsDM(e.Type) {
			l.trimmed.TrimmedDM = e.Cursor.Offset
		} else {
			l.trimmed.TrimmedRest = e.Cursor.Offset
		}
	}
	l.events = slices.Delete(l.events, 0, n)
	return n
}

// Reset begins a new epoch that stands at a checkpoint, with the workspace and
// the events of the batches that fill adds. It returns backend.ErrConflict if
// the log does not stand at from.
func (l *Log) Reset(_ context.Context, from, at claudeslack.Checkpoint, fill func(roster *event.Roster, add func(*backend.Batch) error) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.checkpoint != from {
		return backend.ErrConflict
	}
	next := &Log{max: l.max, ttl: l.ttl, now: l.now}
	next.clear()
	if err := fill(next.roster, next.append); err != nil {
		return err
	}
	l.epoch, l.events, l.newest, l.trimmed = next.epoch, next.events, next.newest, next.trimmed
	l.roster, l.entries, l.checkpoint = next.roster, next.entries, at
	return nil
}

// Expire removes what is too old at now, all at once: it costs next to
// nothing.
func (l *Log) Expire(_ context.Context, now time.Time, _ int) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.evict(now), nil
}

// Size returns how many events the log holds.
func (l *Log) Size(context.Context) (int64, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return int64(len(l.events)), nil
}

// Sync does nothing: nothing outlives the process.
func (l *Log) Sync(context.Context) error { return nil }

// Close releases nothing; the log stays readable.
func (l *Log) Close() error { return nil }
