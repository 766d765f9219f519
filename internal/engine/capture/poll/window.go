package poll

import (
	"context"
	"fmt"
	"math"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
)

const (
	// recentMessages is how many of the newest messages are compared with
	// every look.
	recentMessages = 1024
	// all is more messages than there are.
	all = math.MaxInt64
)

// examineMessages compares the newest messages if their digest is another than
// before, and reads what is new. In a file that took the place of another,
// none may be missing.
func (l *look) examineMessages(ctx context.Context, q claudeslack.Queryer, st state, moved bool) error {
	im := &l.image
	if st.newest < im.newest {
		return fmt.Errorf("%w: its messages have gone back from %d to %d", capture.ErrReplaced, im.newest, st.newest)
	}
	i, j := im.messages.span(im.from, im.newest)
	recent := im.messages.traces[i:j]
	if st.window != im.window || moved {
		rows, err := claudeslack.ReadMessages(ctx, q, im.from, im.newest, all)
		if err != nil {
			return err
		}
		s, err := im.messages.compare(im.from, im.newest, rows)
		if err != nil {
			return err
		}
		if moved && len(s.gone) > 0 {
			return fmt.Errorf("%w: message %d is missing", capture.ErrReplaced, s.gone[0].ID)
		}
		l.addSegment(s, im.began)
		im.window, recent = st.window, s.traces
	}
	if st.newest == im.newest {
		return nil
	}
	rows, err := claudeslack.ReadMessages(ctx, q, im.newest, st.newest, all)
	if err != nil {
		return err
	}
	s, err := im.messages.compare(im.newest, st.newest, rows)
	if err != nil {
		return err
	}
	l.addSegment(s, im.began)
	im.newest, im.from = st.newest, oldestRecent(im.from, recent, s.traces)
	im.window, err = readWindow(ctx, q, im.from, im.newest)
	return err
}

// oldestRecent returns the id behind which the newest messages are, of those
// behind from and those that came.
func oldestRecent(from int64, recent, came []trace) int64 {
	switch drop := len(recent) + len(came) - recentMessages; {
	case drop <= 0:
		return from
	case drop <= len(recent):
		return recent[drop-1].id
	default:
		return came[drop-len(recent)-1].id
	}
}

// addSegment adds what changed in a part of the messages since then.
func (l *look) addSegment(s segment, since time.Time) {
	l.segments = append(l.segments, s)
	l.addRows(s, since)
}

func (l *look) addRows(s segment, since time.Time) {
	for _, m := range s.added {
		l.add(messageNew, claudeslack.MessageInserted{Message: m}, l.timeSince(m.Timestamp, since))
	}
	for _, u := range s.edited {
		l.add(messageEdited, u, l.timeSince(u.EditedAt, since))
	}
	for _, m := range s.gone {
		l.add(messageGone, claudeslack.MessageDeleted{Message: m}, l.now)
	}
}

// beginMessages remembers the newest messages. If there are not many, all that
// will ever come are behind from.
func (im *image) beginMessages(ctx context.Context, q claudeslack.Queryer) error {
	im.messages, im.from = newMessages(), math.MinInt64
	var count, oldest int64
	err := readRow(ctx, q, `SELECT count(*),ifnull(min(id),0) FROM (SELECT id FROM messages ORDER BY id DESC LIMIT ?)`, []any{recentMessages}, &count, &oldest)
	if err != nil {
		return err
	}
	if count == recentMessages {
		im.from = oldest - 1
	}
	rows, err := claudeslack.ReadMessages(ctx, q, im.from, im.newest, all)
	if err != nil {
		return err
	}
	s, err := im.messages.compare(im.from, im.newest, rows)
	if err != nil {
		return err
	}
	im.messages.apply(s, im.from)
	im.window, err = readWindow(ctx, q, im.from, im.newest)
	return err
}
