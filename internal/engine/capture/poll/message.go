package poll

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"sort"
	"unique"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// trace is what is remembered of a message for certain.
type trace struct {
	id      int64
	channel unique.Handle[string]
	sender  unique.Handle[event.Agent]
	// Hashes:
	timestamp, content, metadata uint64
}

// messages are the messages as they were when last seen.
type messages struct {
	seed   maphash.Seed
	traces []trace // in order of id
	// rows are what else is known: of the newest all but long content, of
	// older ones the metadata that the rules read.
	rows map[int64]event.Message
}

func newMessages() *messages {
	return &messages{seed: maphash.MakeSeed(), rows: make(map[int64]event.Message)}
}

func (ms *messages) trace(m *event.Message) trace {
	return trace{
		id: m.ID, channel: unique.Make(m.ChannelID), sender: unique.Make(claudeslack.AgentKey(m.SenderID, m.SenderProjectID)),
		timestamp: maphash.Bytes(ms.seed, m.Timestamp),
		content:   maphash.String(ms.seed, m.Content), metadata: maphash.Bytes(ms.seed, m.Metadata),
	}
}

// is reports whether both are the same message, edited or not. The host never
// changes who wrote a message where and when.
func (t trace) is(u trace) bool {
	return t.id == u.id && t.channel == u.channel && t.sender == u.sender && t.timestamp == u.timestamp
}

// known returns the message as last seen, as far as it was kept.
func (ms *messages) known(t trace) event.Message {
	if m, ok := ms.rows[t.id]; ok {
		return m
	}
	null := json.RawMessage("null")
	m := event.Message{ID: t.id, ChannelID: t.channel.Value(), Timestamp: null, EditedAt: null, Confidence: null, Metadata: null}
	sender := t.sender.Value()
	m.SenderID = sender.Name
	if sender.Project != "" {
		m.SenderProjectID = &sender.Project
	}
	return m
}

// span returns where the traces with after < id ≤ upTo are.
func (ms *messages) span(after, upTo int64) (i, j int) {
	behind := func(id int64) int {
		return sort.Search(len(ms.traces), func(n int) bool { return ms.traces[n].id > id })
	}
	return behind(after), behind(upTo)
}

// segment is a part of the messages, compared with what is in the table.
type segment struct {
	read        bool
	after, upTo int64
	traces      []trace
	rows        []event.Message

	added, gone []event.Message
	edited      []claudeslack.MessageUpdated
}

func (s *segment) changed() bool { return len(s.added)+len(s.gone)+len(s.edited) > 0 }

// compare compares rows, which are all with after < id ≤ upTo in the table,
// with what is remembered.
func (ms *messages) compare(after, upTo int64, rows []event.Message) (segment, error) {
	s := segment{read: true, after: after, upTo: upTo, rows: rows, traces: make([]trace, 0, len(rows))}
	i, j := ms.span(after, upTo)
	was := ms.traces[i:j]
	for i := range rows {
		m := &rows[i]
		t := ms.trace(m)
		for len(was) > 0 && was[0].id < t.id {
			s.gone = append(s.gone, ms.known(was[0]))
			was = was[1:]
		}
		switch {
		case len(was) == 0 || was[0].id > t.id:
			s.added = append(s.added, *m)
		case !was[0].is(t):
			return s, fmt.Errorf("%w: message %d is another one", capture.ErrReplaced, t.id)
		default:
			if was[0].content != t.content || was[0].metadata != t.metadata {
				s.edited = append(s.edited, ms.edit(was[0], *m, t))
			}
			was = was[1:]
		}
		s.traces = append(s.traces, t)
	}
	for _, t := range was {
		s.gone = append(s.gone, ms.known(t))
	}
	return s, nil
}

// edit says what changed in a message. What did not is known, even if it was
// not kept.
func (ms *messages) edit(was trace, m event.Message, is trace) claudeslack.MessageUpdated {
	before := ms.known(was)
	u := claudeslack.MessageUpdated{Message: m, OldContent: before.Content, OldMetadata: before.Metadata}
	if was.content == is.content {
		u.OldContent = m.Content
	}
	if was.metadata == is.metadata {
		u.OldMetadata = m.Metadata
	}
	return u
}

// apply remembers what a segment showed. Messages behind from are the newest.
func (ms *messages) apply(s segment, from int64) {
	for _, m := range s.gone {
		delete(ms.rows, m.ID)
	}
	i, j := ms.span(s.after, s.upTo)
	ms.traces = slices.Replace(ms.traces, i, j, s.traces...)
	for n := range s.rows {
		ms.keep(s.rows[n], s.traces[n], from)
	}
}

func (ms *messages) keep(m event.Message, t trace, from int64) {
	switch {
	case m.ID > from:
		if len(m.Content) > keptContent {
			m.Content = ""
		}
		ms.rows[m.ID] = m
	case bytes.Contains(m.Metadata, []byte(`"deleted"`)), bytes.Contains(m.Metadata, []byte(`"tags"`)):
		delete(ms.rows, m.ID)
		reduced := ms.known(t)
		reduced.Metadata = m.Metadata
		ms.rows[m.ID] = reduced
	default:
		delete(ms.rows, m.ID)
	}
}

// reduce forgets what is kept only of the newest messages, of those that are
// no longer among them.
func (ms *messages) reduce(from, now int64) {
	i, j := ms.span(from, now)
	for _, t := range ms.traces[i:j] {
		if m, ok := ms.rows[t.id]; ok {
			ms.keep(m, t, now)
		}
	}
}

// forget drops everything up to the id.
func (ms *messages) forget(upTo int64) {
	i, j := ms.span(math.MinInt64, upTo)
	for _, t := range ms.traces[i:j] {
		delete(ms.rows, t.id)
	}
	ms.traces = slices.Delete(ms.traces, i, j)
}
