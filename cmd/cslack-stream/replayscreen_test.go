//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReplay_OnAScreen is the story of somebody who looks at what happened,
// and then at what happens.
func TestReplay_OnAScreen(t *testing.T) {
	w := dev("one.", "two.", "three.", "four.")
	w.Events[3].At = w.Events[3].At.Add(2 * time.Minute)
	w.Later = []worldEvent{{From: "bob:p1", Channel: "g:dev", Text: "five."}}
	p := inTmux(t, w, 80, 24, "replay", "--agent", "alice", "--speed", "max")
	p.shows("alice@webapp   REPLAY", "event 4 of 4  15:06:08", "15:04:05 ", " 15:06:08", "one.", "quiet for 2m01s", "four.", "END   L goes live, q quits")
	p.keys("Left")
	p.shows("event 3 of 4  15:04:07", "PAUSED   max", "three.")
	p.hides("four.")
	p.keys("S-Left")
	p.shows("event 0 of 4", "This is the beginning")
	p.keys("T", "15:04:07", "Enter")
	p.shows("event 2 of 4  15:04:07", "two.")
	p.hides("three.")
	p.keys("Enter")
	p.shows("message.new", "bob@webapp", "is a member of the channel")
	p.tmux("resize-window", "-t", "story", "-x", "140", "-y", "40")
	p.shows("CHANNELS", "│ message.new", "event 2 of 4")
	p.keys("Escape", "-", "Space")
	p.shows("▶ PLAYING 50x   quiet time capped at 2s")
	p.keys("Space", "?")
	p.shows("REPLAY", "back by an event", "go live from here")
	p.keys("q", "L")
	p.shows("● live (direct)", "FOLLOWING", "four.", "five.", "5 events")
	p.keys("q")
	p.shows("BEFORE", "watched alice@webapp, 5 events, resume: cslack-stream watch alice@webapp --since", "ENDED WITH 0")
}

func TestReplay_OfARecordingOnAScreen(t *testing.T) {
	w := dev("one.", "two.", "three.")
	path := filepath.Join(t.TempDir(), "it")
	runWorld(t, w, "tail", "alice", "--all", "--no-follow", "--record", path)
	p := inTmux(t, w, 80, 24, "replay", path, "--at", "15:04:06", "--theme", "none")
	p.shows("alice@webapp   REPLAY", "event 1 of 3  15:04:06", "PAUSED   10x")
	p.keys("Right", "L")
	p.shows("event 2 of 3", "there is nothing live here: these events were recorded")
	p.keys("q")
	p.shows("replayed alice@webapp, event 2 of 3, go on: cslack-stream replay", "ENDED WITH 0")
}

func TestReplay_HasLinesWhereTheyAreAskedFor(t *testing.T) {
	for _, flags := range []string{"--plain", "-o raw", "--count 9", "--template {{.Text}}"} {
		got, code := inTerminal(t, dev("one", "two"), append([]string{"replay", "--agent", "alice", "--color", "never"}, strings.Fields(flags)...)...).end(t)
		if !strings.Contains(got, "two\n") || strings.Contains(got, "\x1b[?1049h") || code != 0 {
			t.Errorf("%s: got %q and exit code %v, want lines", flags, got, code)
		}
	}
}

func TestReplay_RefusesAMomentOutsideTheRange(t *testing.T) {
	for flags, want := range map[string]string{
		"--at 2999-01-02":                                       `--at "2999-01-02" is in the future`,
		"--at 2026-01-02 --since 2026-01-03":                    `--at "2026-01-02" is before --since "2026-01-03": it is not in the range`,
		"--at 2026-01-05 --since 2026-01-03 --until 2026-01-04": `--at "2026-01-05" is after --until "2026-01-04": it is not in the range`,
		"--at soon": `--at: unknown time "soon"`,
	} {
		r := runWorld(t, dev("one"), append([]string{"replay", "--utc"}, strings.Fields(flags)...)...)
		if said := r.err.String(); !strings.Contains(said, want) || r.code != exitUsage {
			t.Errorf("%s: got %q and exit code %d, want %q", flags, said, r.code, want)
		}
	}
}

func TestReplay_ShowsTheStateOfAMoment(t *testing.T) {
	w := dev("one.", "two.", "three.", "four.")
	w.Events[1].To = []string{"bob:p1"}
	w.Events[3].Channel, w.Events[3].To = "g:ops", []string{"bob:p1"}
	w.Channels = append(w.Channels, worldChannel{ID: "g:ops", Name: "ops", Kind: "channel"})
	for _, served := range []bool{false, true} {
		w.Served = served
		for _, tt := range []struct{ flags, want string }{
			{"--agent alice --at 2026-01-02T15:04:06Z", "#dev\tchannel\t\talice, bob\n2026-01-02T15:04:05.000Z\ttest1-1\tmessage.new\t#dev\tbob\tone.\n"},
			{"--agent alice --at 2026-01-02T15:04:07Z", ""}, // only bob got the second
			{"--agent bob --at 2026-01-02T15:05:00Z -o raw", "one.\ntwo.\nthree.\nfour.\n"},
			{"--agent alice --at 2026-01-02T15:04:06Z --until 2026-01-02T15:05:00Z -o raw", "one.\nthree.\n"},
			{"--at 2026-01-02T15:05:00Z -q in:ops -o raw", "four.\n"},
			{"--agent alice --at 2026-01-02T15:04:06Z -o json", `{"type":"state","at":"2026-01-02T15:04:06Z","id":"test1-1","agent":"alice:p1","recorded_since":"2026-01-02T15:04:05Z",` +
				`"channels":[{"id":"g:dev","name":"dev","channel_kind":"channel","is_archived":false,"members":["alice:p1","bob:p1"]}],"agents":[],"messages":[{"id":1,`},
		} {
			r := runWorld(t, w, append([]string{"replay", "--utc"}, strings.Fields(tt.flags)...)...)
			if got := r.out.String(); r.code != 0 || !strings.HasPrefix(got, tt.want) || !strings.HasSuffix(tt.want, ",") && got != tt.want {
				t.Errorf("served %v, %s: got %q, %s and exit code %d, want %q", served, tt.flags, got, r.err.String(), r.code, tt.want)
			}
		}
	}
	r := runWorld(t, w, "replay", "--agent", "alice", "--at", "2026-01-02T15:04:05Z", "--utc")
	if said := r.err.String(); !strings.Contains(said, "as it was at 2026-01-02 15:04:05 +00:00") || !strings.Contains(said, "nothing was recorded before 2026-01-02 15:04:05") {
		t.Errorf("got %q, want what is not known", said)
	}
	w.Derived = true
	r = runWorld(t, w, "replay", "--agent", "alice", "--at", "2026-01-02T15:04:06Z")
	if said := r.err.String(); !strings.Contains(said, "these are the tables as they are now") || strings.Contains(said, "recording began") {
		t.Errorf("got %q, want that nothing is recorded", said)
	}
	if r := runWorld(t, w, "replay", "--agent", "alice", "--agent", "bob", "--at", "2026-01-02"); r.code != exitUsage {
		t.Errorf("got %s and exit code %d, want a usage error", r.err.String(), r.code)
	}
}
