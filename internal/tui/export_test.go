package tui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// finish does a command and what comes of it.
func (d *desk) finish(cmd tea.Cmd) {
	d.t.Helper()
	if cmd == nil {
		d.t.Fatal("got no command")
	}
	d.Update(cmd())
}

func TestModel_ExportsWhatIsShown(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	d := newDesk(t, Options{})
	d.press("e")
	d.shows("there is nothing to export")
	d.live()
	d.said(3)
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 7}})
	d.events(eventtest.Message(4, "ops", eventtest.Carol, "not m, \x1b[2J\u202e"), eventtest.Message(5, "dev", eventtest.Bob, "m5"))
	d.press("/", "from:bob", "enter", "e")
	const name = "alice-webapp-20260102-150505"
	d.shows("export 4 events to "+name+".jsonl", "enter write", "esc back")
	d.finish(d.press("enter"))
	d.shows("wrote 4 events to " + name + ".jsonl")
	data, err := os.ReadFile(name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for l := range strings.Lines(string(data)) {
		var e struct {
			Type, ID, Text, Sender string
			Data                   struct {
				Count  int
				Oldest string
			}
		}
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		got = append(got, strings.TrimSpace(e.Type+" "+e.Sender+" "+e.Text+e.Data.Oldest))
	}
	want := "message.new bob@webapp m1|message.new bob@webapp m2|message.new bob@webapp m3|stream.gap  test1-5|message.new bob@webapp m5"
	if strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
	if info, err := os.Stat(name + ".jsonl"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v and %v, want a file for its owner only", info, err)
	}

	// The same name again is not written over.
	d.press("esc", "e")
	d.finish(d.press("enter"))
	d.shows("is there already and is not written over", name+"-2.jsonl")
	d.finish(d.press("enter"))
	d.shows("wrote 5 events to " + name + "-2.jsonl")
	if again, _ := os.ReadFile(name + ".jsonl"); string(again) != string(data) {
		t.Error("the first file was written over")
	}
	d.press("e")
	for range 40 {
		d.press("backspace")
	}
	d.press("enter")
	d.shows("a name is needed")
	d.press(filepath.Join("no", "such", "directory"))
	d.finish(d.press("enter"))
	d.shows("could not export: ")
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("got %d files, want the 2 that were written", len(files))
	}
}

func TestModel_ExportsWhatTheFilterHasNotBeenAskedAbout(t *testing.T) {
	t.Chdir(t.TempDir())
	d := newDesk(t, Options{})
	d.said(9000)
	d.press("/", "m", "enter", "e")
	d.finish(d.press("enter"))
	d.shows("wrote 9000 events")
}

func TestWriteJSON_SaysWhatWasLetGo(t *testing.T) {
	d := newDesk(t, Options{Bounds: timeline.Options{Events: 50}})
	d.said(50)
	d.press("g")
	d.said(1000)
	var out strings.Builder
	events, err := writeJSON(&out, d.shown())
	if err != nil || events == 0 || !strings.Contains(out.String(), `"type":"stream.gap","data":{"reason":"not-held",`) {
		t.Errorf("got %d events and %v, want a gap where events were let go:\n%.2000s", events, err, out.String())
	}
}

func TestFileName(t *testing.T) {
	for address, want := range map[string]string{
		"alice@webapp": "alice-webapp", "../../etc/passwd": "etc-passwd", "-rf": "rf", "": "events", "日本": "events", "everything": "everything",
		"a\x1b[2J b\n": "a--2J-b", strings.Repeat("x", 500): strings.Repeat("x", mostFileName), ".hidden": "hidden",
	} {
		if got := fileName(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}
