//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakePager notes what it is given, and ends when enter is typed. Ctrl-c does
// not end it.
const fakePager = `#!/bin/sh
cat > "$1/paged"
echo "secure $LESSSECURE" >> "$1/paged"
trap 'echo GOT INT' INT
echo "PAGING $(head -n 1 "$1/paged")"
while :; do
	if read line < /dev/tty; then break; fi
done
`

func TestWatch_FiltersMarksExportsAndPages(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	pager := filepath.Join(dir, "pager")
	if err := os.WriteFile(pager, []byte(fakePager), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PAGER", pager+" "+dir)
	w := dev("one", "two", "three \x1b[2J")
	w.Events[1].From = "alice:p1"
	p := inTmux(t, w, 90, 24, "watch", "alice")
	p.shows("● live (direct)", "three ␛[2J", "space pauses, enter inspects, ? shows every key")

	// f
	p.keys("Up")
	p.keys("f")
	p.shows("Show only what is", "from:alice@webapp", "-in:#dev")
	p.keys("not", "Space", "from", "Enter")
	p.shows("-from:alice@webapp (2)", "PAUSED")

	// m and '
	p.keys("g", "Down", "m")
	p.shows("bookmarked, ' lists all", "◆")
	p.keys("G", "'")
	p.shows("Which bookmark?", "one")
	p.keys("Enter")
	p.shows("▌15:04:05 #dev", "PAUSED")

	// e
	p.keys("e")
	p.shows("export 2 events to alice-webapp-20260102-151000.jsonl")
	p.keys("Enter")
	p.shows("wrote 2 events to alice-webapp-20260102-151000.jsonl")
	data, err := os.ReadFile("alice-webapp-20260102-151000.jsonl")
	if lines := strings.Split(strings.TrimSpace(string(data)), "\n"); err != nil || len(lines) != 2 || !strings.Contains(lines[0], `"text":"one"`) || !strings.Contains(lines[1], `three \u001b[2J`) {
		t.Errorf("got %q and %v, want the events one and three", data, err)
	}

	// P, and what is typed there
	p.keys("P")
	p.shows("PAGING 15:04:05")
	p.keys("C-c")
	p.shows("GOT INT")
	p.keys("Enter")
	p.shows("● live (direct)", "▌15:04:05 #dev")
	paged, err := os.ReadFile("paged")
	if want := "15:04:05 #dev      bob     one\n15:04:07 #dev      bob     three ␛[2J\nsecure 1\n"; string(paged) != want || err != nil {
		t.Errorf("got %q and %v handed to the pager, want %q", paged, err, want)
	}
	p.keys("Enter", "P")
	p.shows("PAGING message.new")
	p.keys("Enter")
	p.shows("message.new", "bob@webapp")
	if paged, err := os.ReadFile("paged"); !strings.Contains(string(paged), "from     bob@webapp\n") || err != nil {
		t.Errorf("got %q and %v handed to the pager, want all fields", paged, err)
	}
	p.keys("r")
	p.shows("· raw", `"type": "message.new",`)
	p.keys("q", "q")
	p.shows("ENDED WITH 0")
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 3 {
		t.Errorf("got %v left, want the pager, what it noted, and the export", left)
	}

	// What was marked is known to another run, which is not the first.
	kept, err := filepath.Glob(filepath.Join(p.dir, "state", "cslack-stream", "bookmarks-*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("got the files %v and %v, want one", kept, err)
	}
	p.again("watch", "alice")
	p.shows("● live (direct)", "one", "◆")
	p.hides("space pauses, enter")
	p.keys("M")
	p.shows("mouse on")
	p.keys("q")
	p.shows("ENDED WITH 0")
	if got := strings.TrimSpace(p.tmux("display-message", "-p", "-t", "story", "#{alternate_on} #{mouse_any_flag}")); got != "0 0" {
		t.Errorf("got alternate screen and mouse %s, want neither", got)
	}
}
