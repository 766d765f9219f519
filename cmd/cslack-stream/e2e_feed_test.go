//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/sse"
)

// frame is a frame of a stream as clients read it.
type frame struct {
	sseID string // the stream's last event id as of this frame
	raw   string

	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Timestamp  string          `json:"timestamp"`
	EntityType string          `json:"entity_type"`
	EntityID   string          `json:"entity_id"`
	AgentID    *string         `json:"agent_id"`
	ChannelID  *string         `json:"channel_id"`
	Backfilled bool            `json:"backfilled"`
	Data       json.RawMessage `json:"data"`
}

// isEvent tells events from frames about the stream.
func (f frame) isEvent() bool { return f.EntityType != "" }

// key says which event it is.
func (f frame) key() string { return f.Type + " " + f.EntityID }

// text is the content of a message.
func (f frame) text() string {
	var m struct{ Content string }
	_ = json.Unmarshal(f.Data, &m) // other payloads have none
	return m.Content
}

func keys(frames []frame) []string {
	var out []string
	for _, f := range frames {
		if f.isEvent() {
			out = append(out, f.key())
		}
	}
	return out
}

// texts are what the messages say.
func texts(frames []frame) []string {
	var out []string
	for _, f := range frames {
		if f.Type == string(event.MessageNew) {
			out = append(out, f.text())
		}
	}
	return out
}

// feed is an open stream. A goroutine reads it as fast as it comes.
type feed struct {
	t      testing.TB
	cancel context.CancelFunc

	mu     sync.Mutex
	frames []frame
	last   string // last event id, heartbeats included
	err    error
	grown  chan struct{}
	taken  int
}

// open opens a stream; lastEventID may be empty.
func (s *serving) open(query, lastEventID string) *feed {
	s.t.Helper()
	f, err := s.tryOpen(query, lastEventID)
	if err != nil {
		s.t.Fatalf("open stream: %v; stderr:\n%s", err, s.child.err)
	}
	return f
}

func (s *serving) tryOpen(query, lastEventID string) (*feed, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/stream?"+query, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		cancel()
		return nil, fmt.Errorf("%s: %s", resp.Status, body)
	}
	f := &feed{t: s.t, cancel: cancel, last: lastEventID, grown: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer resp.Body.Close()
		f.read(sse.NewReader(resp.Body, sse.ReaderOptions{Heartbeats: true, MaxFrame: 64 << 20}))
	}()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
	return f, nil
}

func (f *feed) read(r *sse.Reader) {
	for {
		got, err := r.Next()
		var fr frame
		if err == nil && got.Data != nil {
			fr.sseID, fr.raw = got.ID, string(got.Data)
			err = json.Unmarshal(got.Data, &fr)
		}
		f.mu.Lock()
		if err == nil && got.Data != nil {
			f.frames = append(f.frames, fr)
		}
		if id := r.LastID(); id != "" {
			f.last = id
		}
		f.err = err
		close(f.grown)
		f.grown = make(chan struct{})
		f.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// until returns the next frames up to the first that ok wants.
func (f *feed) until(what string, ok func(frame) bool) []frame {
	f.t.Helper()
	deadline := time.After(patience)
	for seen := f.taken; ; {
		f.mu.Lock()
		frames, err, grown := f.frames, f.err, f.grown
		f.mu.Unlock()
		for ; seen < len(frames); seen++ {
			if ok(frames[seen]) {
				out := frames[f.taken : seen+1]
				f.taken = seen + 1
				return out
			}
		}
		if err != nil {
			f.t.Fatalf("stream ended with %v after %v, want %s", err, summary(frames[f.taken:]), what)
		}
		select {
		case <-grown:
		case <-deadline:
			f.t.Fatalf("got %v and no more, want %s", summary(frames[f.taken:]), what)
		}
	}
}

// untilText returns the next frames up to the message with this text.
func (f *feed) untilText(text string) []frame {
	f.t.Helper()
	return f.until("the message "+text, func(fr frame) bool { return fr.Type == string(event.MessageNew) && fr.text() == text })
}

// untilType returns the next frames up to the first of a type.
func (f *feed) untilType(typ event.Type) []frame {
	f.t.Helper()
	return f.until(string(typ), func(fr frame) bool { return fr.Type == string(typ) })
}

// atLeast waits until the stream has brought n frames, all in all.
func (f *feed) atLeast(n int) {
	f.t.Helper()
	deadline := time.After(patience)
	for {
		f.mu.Lock()
		got, err, grown := len(f.frames), f.err, f.grown
		f.mu.Unlock()
		if got >= n {
			return
		}
		if err != nil {
			f.t.Fatalf("stream ended with %v after %d frames, want %d", err, got, n)
		}
		select {
		case <-grown:
		case <-deadline:
			f.t.Fatalf("got %d frames and no more, want %d", got, n)
		}
	}
}

// rest waits for the end of the stream and returns the frames that were not
// taken yet, the last event id, and why it ended.
func (f *feed) rest() ([]frame, string, error) {
	f.t.Helper()
	deadline := time.After(patience)
	for {
		f.mu.Lock()
		frames, last, err, grown := f.frames, f.last, f.err, f.grown
		f.mu.Unlock()
		if err != nil {
			out := frames[f.taken:]
			f.taken = len(frames)
			return out, last, err
		}
		select {
		case <-grown:
		case <-deadline:
			f.t.Fatalf("got %v and no end of the stream", summary(frames[f.taken:]))
		}
	}
}

// everything reads what there is behind a cursor, and ends there.
func (s *serving) everything(query, lastEventID string) []frame {
	s.t.Helper()
	frames, _, err := s.open(query+"&follow=false", lastEventID).rest()
	if !errors.Is(err, io.EOF) {
		s.t.Fatalf("read stream: got %v, want its end", err)
	}
	return frames
}

// summary is short enough for a message.
func summary(frames []frame) string {
	const most = 12
	var out []string
	for _, f := range frames[max(0, len(frames)-most):] {
		out = append(out, f.key())
	}
	return fmt.Sprintf("%d frames, the last of them %q", len(frames), out)
}

// checkFrames checks what holds for the events of every stream: ids rise, and
// are the same in the frame and in the event.
func checkFrames(t testing.TB, who string, frames []frame) {
	t.Helper()
	var last event.Cursor
	for _, f := range frames {
		if !f.isEvent() {
			continue
		}
		c, err := event.ParseCursor(f.ID)
		if err != nil || f.sseID != f.ID || f.Timestamp == "" || !json.Valid(f.Data) {
			t.Errorf("%s: got frame %s with id %q (%v), want an event with its own id", who, f.raw, f.sseID, err)
		}
		if c.Epoch != last.Epoch && last.Epoch != "" || c.Offset <= last.Offset {
			t.Errorf("%s: got %s behind %s, want ids that rise", who, c, last)
		}
		last = c
	}
}
