package server

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"cslack-stream/internal/engine/event"
)

// control is a frame that speaks of the stream itself.
type control struct {
	Type event.Type `json:"type"`
	Data any        `json:"data,omitempty"`
}

type gapData struct {
	Reason    event.GapReason `json:"reason"`
	Requested event.Cursor    `json:"requested"`
	Oldest    event.Cursor    `json:"oldest"`
	Count     *int64          `json:"count"`
}

// byeReason says why the server ends a stream on purpose.
type byeReason string

const (
	byeShutdown byeReason = "shutdown"
	byeRevoked  byeReason = "revoked"
	byeLimit    byeReason = "limit"
)

type byeData struct {
	Reason byeReason `json:"reason"`
	Retry  int64     `json:"retry_ms"`
}

func gapFrame(gap *event.GapError) []byte {
	data := gapData{Reason: gap.Reason, Requested: gap.Requested, Oldest: gap.Oldest}
	if gap.Count >= 0 {
		data.Count = &gap.Count
	}
	return encode(control{event.StreamGap, data})
}

func liveFrame() []byte { return encode(control{Type: event.StreamLive}) }

func byeFrame(reason byeReason, retry time.Duration) []byte {
	return encode(control{event.StreamBye, byeData{reason, retry.Milliseconds()}})
}

// encode can not fail on the types of this file.
func encode(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}

// jitter is how long a reader should wait before it comes back: not all at
// the same time.
func jitter() time.Duration { return time.Second + rand.N(2*time.Second) }

// initialFrame holds the snapshot twice: as data, like every frame, and as
// state, as the design document's clients read it.
func initialFrame(snap event.Snapshot, now time.Time) ([]byte, error) {
	state, err := json.Marshal(snapshotJSON(snap))
	if err != nil {
		return nil, fmt.Errorf("encode snapshot: %w", err)
	}
	b := make([]byte, 0, 2*len(state)+160)
	b = fmt.Appendf(b, `{"type":%q,"id":%q,"timestamp":%q,"data":`, event.StreamInitial, snap.Cursor, now.UTC().Format(event.TimeFormat))
	b = append(b, state...)
	b = append(b, `,"state":`...)
	b = append(b, state...)
	return append(b, '}'), nil
}

// snapshotJSON has empty lists where there is nothing, so that clients need
// not tell null from empty.
func snapshotJSON(snap event.Snapshot) event.Snapshot {
	if snap.Channels == nil {
		snap.Channels = []event.Channel{}
	}
	if snap.RecentMessages == nil {
		snap.RecentMessages = []json.RawMessage{}
	}
	if snap.Members == nil {
		snap.Members = map[string][]event.Member{}
	}
	return snap
}
