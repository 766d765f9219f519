package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/event"
)

// TestEventFileDamagedWhileItRuns: pages of the event file are damaged under
// the engine. It says so as soon as anybody reads one of them, sets the file
// aside with the next change, and goes on in a new epoch that lacks nothing of
// what the host still has.
func TestEventFileDamagedWhileItRuns(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(says("old", 1500)...)
	startCarrier(t, db).stop() // everything is in the file itself
	e := startCarrier(t, db)
	epoch := e.Window().Latest().Epoch
	data, err := os.ReadFile(eventFile(db))
	if err != nil {
		t.Fatal(err)
	}
	for i := 40 * 4096; i < len(data); i++ {
		data[i] = byte(i * 7)
	}
	f, err := os.OpenFile(eventFile(db), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := e.operator(t, event.Cursor{})
	for err == nil {
		_, err = s.Next(ctx)
	}
	if c := e.Condition(); c.State != engine.Degraded || c.Err == nil {
		t.Errorf("got %v and condition %+v, want a degraded engine that says so", err, c)
	}
	w.Exec(say("new"))
	for e.Condition().State != engine.Healthy || e.Window().Latest().Epoch == epoch {
		if ctx.Err() != nil {
			t.Fatalf("got condition %+v, want a healthy engine in a new epoch", e.Condition())
		}
		w.Exec(`PRAGMA user_version`)
	}
	w.Exec(say("after"))
	contents(t, e.operator(t, event.Cursor{}), "after")
	var want []string
	for i := range 1500 {
		want = append(want, fmt.Sprint("old", i))
	}
	want = append(want, "new", "after")
	if diff := cmp.Diff(want, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if aside, _ := filepath.Glob(eventFile(db) + ".corrupt-*"); len(aside) == 0 {
		t.Error("got nothing set aside, want the damaged file")
	}
}
