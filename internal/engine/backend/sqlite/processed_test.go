package sqlite_test

import (
	"slices"
	"testing"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/event"
)

// TestLog_Processed: what is appended is processed at once, since no copy of
// the log is attached; what is not stays, expired or not, whoever cleans up.
func TestLog_Processed(t *testing.T) {
	a := newArchived(t, backend.Archiving{Enabled: true})
	a.append(1, event.MessageNew, event.MessageNew, event.MessageNew, event.MessageNew)
	exec(t, a.path, `UPDATE event_stream SET processed=FALSE WHERE id=2 AND processed=TRUE`)
	exec(t, a.path, `UPDATE event_stream SET expires_at='2020-01-01 00:00:00.000' WHERE id<=3`)
	exec(t, a.path, `DELETE FROM event_stream WHERE expires_at < datetime('now') AND processed = TRUE AND id=1`)
	exec(t, a.path, `DELETE FROM event_stream WHERE expires_at < datetime('now') AND processed = TRUE AND id=2`)
	if got := a.ids("event_stream"); !slices.Equal(got, []int64{2, 3, 4}) {
		t.Errorf("got %d after the statement of the design document, want all that are not expired or not processed", got)
	}
	a.expire(8 * day)
	if got := a.ids("event_stream"); !slices.Equal(got, []int64{2}) {
		t.Errorf("got %d left, want the one that is not processed", got)
	}
	if got := a.ids("event_archive"); !slices.Equal(got, []int64{3, 4}) {
		t.Errorf("got %d archived, want what was expired and processed", got)
	}
	exec(t, a.path, `UPDATE event_stream SET processed=TRUE`)
	a.expire(0)
	if got := a.ids("event_stream"); len(got) > 0 {
		t.Errorf("got %d left, want none once it is processed", got)
	}
}
