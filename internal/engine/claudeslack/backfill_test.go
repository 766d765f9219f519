package claudeslack_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

// backfilled are the entity ids of what is backfilled of a database that
// holds what the statements make.
func backfilled(t *testing.T, statements ...string) (ids []string) {
	t.Helper()
	path := hosttest.NewDatabase(t)
	hosttest.StartWriter(t, path).Exec(append([]string{`PRAGMA foreign_keys=OFF`}, statements...)...)
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	g, err := claudeslack.Recognise(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := claudeslack.ReadTables(t.Context(), c, g)
	if err != nil {
		t.Fatal(err)
	}
	ws := claudeslack.NewWorkspace(new(event.Roster))
	ws.Seed(tables)
	err = ws.Backfill(t.Context(), c, tables, time.Now(), func(events []event.Event) error {
		for _, e := range events {
			ids = append(ids, e.EntityID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// manyMessages makes n messages; age is an SQL expression of x, the number.
func manyMessages(n, age string) string {
	return `WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM s WHERE x<` + n + `)
INSERT INTO messages(channel_id,sender_id,content,timestamp) SELECT 'c','a','m',strftime('%s','now')-(` + age + `) FROM s`
}

// TestBackfill_AgeAndOrder is pipeline rules 9 and 15: at most thirty days, in
// several chunks, messages in order of their ids though the clock went back.
func TestBackfill_AgeAndOrder(t *testing.T) {
	got := backfilled(t,
		`INSERT INTO agents(name,created_at) VALUES('old',strftime('%s','now')-31*86400),('young',strftime('%s','now')-29*86400)`,
		manyMessages("2500", "CASE WHEN x<=100 THEN 31*86400 ELSE x END"))
	want := []string{"young:"}
	for id := 101; id <= 2500; id++ {
		want = append(want, fmt.Sprint(id))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d events, %v to %v, want %d: young: and then 101 to 2500", len(got), got[:min(3, len(got))], got[max(0, len(got)-3):], len(want))
	}
}

// TestBackfill_Rows is pipeline rule 9: at most the newest 100,000 messages.
func TestBackfill_Rows(t *testing.T) {
	got := backfilled(t, manyMessages("100010", "0"))
	if len(got) != 100_000 || got[0] != "11" {
		t.Errorf("got %d events from %v on, want 100000 from 11 on", len(got), got[:min(1, len(got))])
	}
}
