//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// TestServe_TenThousandWhileStopped: what is written while no server runs is
// streamed to who resumes with an old cursor: all of it, once, in order.
func TestServe_TenThousandWhileStopped(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	alice := "agent=alice&project=webapp"
	before := s.open(alice, s.beginning())
	w.Exec(sayEach("before", 3)...)
	seen := before.untilText("before2")
	cursor := seen[len(seen)-1].ID
	s.stop()

	const n = 10_000
	w.Do(hosttest.Step{SQL: append([]string{"PRAGMA synchronous=OFF"}, sayEach("m", n)...)})
	s = sc.serve()
	resumed := s.open(alice, cursor)
	got := resumed.untilText(fmt.Sprint("m", n-1))
	compare(t, "resumed", numbered("m", n), texts(got))
	checkFrames(t, "alice", got)
	if len(got) != n {
		t.Errorf("got %d frames, want %d: nothing but the messages", len(got), n)
	}
	live := resumed.until("stream.live", func(f frame) bool { return !f.isEvent() })
	if len(live) != 1 || live[0].Type != "stream.live" {
		t.Errorf("got %s behind the messages, want stream.live alone", summary(live))
	}
}

// TestServe_KilledAtAnyMoment: kill -9 at random moments, while a writer goes
// on, loses nothing and repeats nothing.
func TestServe_KilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	w.Exec(hammerTables...)
	s := sc.serve()
	cursor := s.beginning()
	s.stop()
	writer := startHammer(t, hammer{Path: sc.db, Name: "h", Seed: 7})

	const rounds = 8
	query := operatorQuery + "&types=message.*"
	var resumed []frame
	take := func(frames []frame, last string) {
		resumed, cursor = append(resumed, frames...), last
	}
	for round := range rounds {
		if round%3 == 2 { // while it starts
			c := sc.start(sc.serveArgs()...)
			select {
			case <-time.After(rand.N(250 * time.Millisecond)):
			case <-c.done:
				t.Fatalf("serve ended with %d: %s", c.exitCode(), c.err)
			}
			c.kill()
			continue
		}
		s := sc.serve()
		f := s.open(query, cursor)
		f.atLeast(1 + rand.IntN(200))
		s.kill()
		frames, last, err := f.rest()
		if len(frames) == 0 {
			t.Fatalf("got no frame and %v from a server that was killed behind one", err)
		}
		take(frames, last)
	}
	writer.stop()
	w.Exec(say("end"))
	s = sc.serve()
	f := s.open(query, cursor)
	take(f.untilText("end"), "")

	want := append(sc.query(`SELECT what FROM journal ORDER BY id`), "message.new "+sc.query(`SELECT max(id) FROM messages`)[0])
	compare(t, "resumed over all kills", want, eventKeys(t, resumed))
	checkFrames(t, "resumed reader", resumed)
	fresh := s.everything(query, s.beginning())
	compare(t, "fresh reader", want, eventKeys(t, fresh))
	// The host gives ids under its write lock: their order is that of commits.
	ids := sc.query(`SELECT 'message.new '||id FROM messages ORDER BY id`)
	compare(t, "the journal beside the table", ids, want)
	if len(want) < 200 {
		t.Errorf("got %d messages, want the writer to have been at work", len(want))
	}
	sc.checkIntegrity()
}

// eventKeys are the keys of a stream without gaps.
func eventKeys(t testing.TB, frames []frame) []string {
	t.Helper()
	for _, f := range frames {
		if f.Type == "stream.gap" || f.Type == "initial" {
			t.Errorf("got %s, want a stream that goes on", clipped(f.raw))
		}
	}
	return keys(frames)
}

// TestServe_ForeignWriters: four writers at once, with rollbacks, savepoints,
// failing statements, and kill -9 in the middle of transactions. What is
// streamed is what was committed, in that order, and nothing else.
func TestServe_ForeignWriters(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	w.Exec(hammerTables...)
	s := sc.serve()
	query := operatorQuery + "&types=message.*,channel.member.*"
	f := s.open(query, s.health().Latest.String())
	python := hasPython(t)
	start := func(i int, seed uint64) *hammering {
		return startHammer(t, hammer{Path: sc.db, Name: fmt.Sprintf("h%d.%d", i, seed), Seed: seed, Wild: true, Reconnect: i%2 == 0, Python: python && i == 3})
	}
	var hammers [4]*hammering
	for i := range hammers {
		hammers[i] = start(i, uint64(i))
	}
	for round := range 8 {
		f.atLeast(80 * (round + 1))
		hammers[round%4].kill()
		hammers[round%4] = start(round%4, uint64(10+round))
		if round%4 == 3 { // one that is certainly in its transaction
			victim := hosttest.StartWriter(t, sc.db)
			victim.Do(hosttest.Step{Keep: true, SQL: []string{"BEGIN IMMEDIATE", say("phantom"), `DELETE FROM channel_members WHERE agent_name='bob'`}})
			victim.Kill()
		}
	}
	for _, h := range hammers {
		h.stop()
	}
	w.Exec(say("end"))
	got := f.untilText("end")
	got = got[:len(got)-1]
	want := sc.query(`SELECT what FROM journal ORDER BY id`)
	compare(t, "live", want, eventKeys(t, got))
	checkFrames(t, "live", got)
	types := make(map[string]int)
	for _, fr := range got {
		types[fr.Type]++
	}
	for _, typ := range []string{"message.new", "message.edited", "message.deleted", "channel.member.joined", "channel.member.left"} {
		if types[typ] == 0 {
			t.Errorf("got no %s, want all kinds of changes: %v", typ, types)
		}
	}
	// Read again, from the log of a new server.
	s.stop()
	s = sc.serve()
	again := s.everything(query, s.beginning())
	var events []string
	for _, fr := range again {
		if fr.isEvent() && !fr.Backfilled {
			events = append(events, fr.raw)
		}
	}
	if len(events) > 0 {
		events = events[:len(events)-1] // the end
	}
	var live []string
	for _, fr := range got {
		if fr.isEvent() {
			live = append(live, fr.raw)
		}
	}
	compare(t, "read again", live, events)
	sc.checkIntegrity()
}

// TestServe_ForeignWritersPolled: under the same writers a poll shows every
// message that stays, once, in the order of commits, and none that does not.
// How often it sees a message edited, or somebody come and go, depends on when
// it looks.
func TestServe_ForeignWritersPolled(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	w.Exec(hammerTables...)
	s := sc.serve("--no-install")
	query := operatorQuery + "&types=message.*"
	f := s.open(query, s.health().Latest.String())
	var hammers [4]*hammering
	for i := range hammers {
		hammers[i] = startHammer(t, hammer{Path: sc.db, Name: fmt.Sprint("h", i), Seed: uint64(i), Wild: true, Reconnect: i%2 == 0})
	}
	for round := range 4 {
		f.atLeast(80 * (round + 1))
		hammers[round].kill()
	}
	w.Exec(say("end"))
	var said []string
	for _, fr := range f.untilText("end") {
		if fr.Type == "message.new" {
			said = append(said, fr.EntityID)
		}
	}
	compare(t, "messages", sc.query(`SELECT id FROM messages ORDER BY id`), said)
	sc.checkIntegrity()
}
