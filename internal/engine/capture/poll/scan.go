package poll

import (
	"context"
	"math"
	"time"

	"cslack-stream/internal/engine/claudeslack"
)

const (
	// scanEvery is the shortest time between two scans of the older messages,
	// and scanShare the part of the time that they may take: one in scanShare.
	scanEvery = time.Minute
	scanShare = 50
	// scanChunk is how many messages one read transaction shows.
	scanChunk = 500
	// watchedMessages is how far behind the newest messages scans reach, in
	// ids; 48 bytes are kept for each.
	watchedMessages = 1_000_000
)

// scan is the slow comparison of the older messages, chunk by chunk, each in a
// read transaction of its own. The first one only learns what is there.
type scan struct {
	every   time.Duration
	learned bool // the first scan is over
	dirty   bool // something was committed since the last scan began
	next    time.Time

	running  bool
	at, upTo int64 // messages with at < id ≤ upTo are still to come
	cost     time.Duration
	began    time.Time
	before   time.Time // when the last scan began
}

// due reports whether a chunk is to be looked at now.
func (s *scan) due(now time.Time) bool {
	return s.running || !s.learned || (s.dirty && !now.Before(s.next))
}

// start begins a scan of the messages up to from.
func (s *scan) start(ms *messages, from int64) {
	s.running, s.cost = true, 0
	s.before, s.began = s.began, present()
	s.upTo, s.at = from, math.MinInt64
	if from > watchedMessages {
		s.at = from - watchedMessages
	}
	ms.forget(s.at)
}

// chunk compares the next chunk. q must be one read transaction.
func (s *scan) chunk(ctx context.Context, q claudeslack.Queryer, ms *messages, from int64) (segment, error) {
	began := time.Now()
	if !s.running {
		s.start(ms, from)
	}
	rows, err := claudeslack.ReadMessages(ctx, q, s.at, s.upTo, scanChunk)
	if err != nil {
		return segment{}, err
	}
	upTo := s.upTo
	if len(rows) == scanChunk {
		upTo = rows[len(rows)-1].ID
	}
	seg, err := ms.compare(s.at, upTo, rows)
	if !s.learned {
		seg.added = nil
	}
	s.cost += time.Since(began)
	return seg, err
}

// passed goes on behind a chunk. At the end of a scan the newest messages are
// due as well, once more something is committed: long content is compared only
// then.
func (s *scan) passed(seg segment, im *image) {
	s.at = seg.upTo
	if s.at < s.upTo {
		return
	}
	s.running, s.learned = false, true
	s.next = time.Now().Add(max(s.every, scanShare*s.cost))
	im.window = ""
}
