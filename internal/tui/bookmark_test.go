package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// notebook is a memory in memory.
type notebook struct {
	marks  map[string][]Bookmark
	first  bool
	broken error
	writes int
}

func (n *notebook) Bookmarks(agent string) ([]Bookmark, error) { return n.marks[agent], n.broken }

func (n *notebook) SetBookmarks(agent string, marks []Bookmark) error {
	if n.broken != nil {
		return n.broken
	}
	if n.marks == nil {
		n.marks = make(map[string][]Bookmark)
	}
	n.marks[agent] = slices.Clone(marks)
	n.writes++
	return nil
}

func (n *notebook) First() (bool, error) {
	first := n.first
	n.first = false
	return first, nil
}

// run does what a command that is ready at once does; those that wait for
// time or news are left out.
func (d *desk) run(cmds ...tea.Cmd) {
	for _, c := range cmds {
		if c != nil {
			d.Update(c())
		}
	}
}

func TestModel_RemembersBookmarks(t *testing.T) {
	memory := &notebook{}
	d := newDesk(t, Options{Memory: memory, Bounds: timeline.Options{Events: 30}})
	d.run(d.loadBookmarks())
	d.live()
	d.said(20)
	d.press("'")
	d.shows("there are no bookmarks yet: m makes one")
	d.press("up", "up", "m")
	marked := "m18" + strings.Repeat(" ", 50) + "◆\n"
	d.shows("bookmarked, ' lists all", marked)
	d.press("g", "down", "m", "G")
	d.run(d.saveBookmarks())
	if got := memory.marks["alice@webapp"]; len(got) != 2 || got[0].Text != "m1" || got[1].Text != "m18" || got[0].EntityID != "1" {
		t.Fatalf("got %+v remembered, want m1 and m18", got)
	}
	d.press("'")
	d.shows("Which bookmark?", "2 Jan 15:04:06", "#dev", "m18")
	d.press("m1", "up", "down", "enter")
	d.shows("▌15:04:06 #dev     bob    m1 ")
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.shows("BOOKMARKS", " ◆ bob m18")

	// Another run, which begins with other offsets.
	d = newDesk(t, Options{Memory: memory, Bounds: timeline.Options{Events: 30}})
	d.live()
	d.said(20)
	d.hides("◆")
	d.run(d.loadBookmarks())
	d.shows(marked)
	d.press("/", "m2", "enter", "'", "m18", "enter")
	d.shows("is hidden by the filter: esc clears it")
	d.press("esc", "'", "m18", "enter", "m")
	d.shows("bookmark taken away", "▌15:04:23 #dev     bob    m18")
	d.hides(marked)
	d.press("G")
	d.said(20)
	d.press("'", "enter")
	d.shows("the event of 2026-01-02 15:04:06 is not held any more")
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 2}})
	d.press("G", "m")
	d.shows("no event is selected to bookmark")
}

func TestModel_SaysWhenBookmarksCanNotBeRemembered(t *testing.T) {
	d := newDesk(t, Options{Memory: &notebook{broken: errors.New("the disk is \x1b[2Jfull")}})
	d.said(1)
	d.press("m")
	d.shows("◆")
	d.run(d.loadBookmarks())
	d.shows("the disk is ␛[2Jfull")
	d.press("m")
	d.run(d.saveBookmarks())
	d.shows("could not remember the bookmarks")
}

func TestModel_MarksOneOfSeveralEditsOfAMessage(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	for _, said := range []string{"first", "second"} {
		e := eventtest.Message(7, "dev", eventtest.Bob, said)
		e.Type = event.MessageEdited
		d.events(e)
	}
	d.press("up", "m")
	if got := strings.Count(d.View(), "◆"); got != 1 {
		t.Errorf("got %d rows marked, want 1:\n%s", got, d.View())
	}
}

func TestModel_KeepsBookmarksBounded(t *testing.T) {
	var many []Bookmark
	for i := range 2 * mostBookmarks {
		many = append(many, Bookmark{Type: "message.new", EntityID: "x", Time: time.Unix(int64(i), 0), Text: "\x1b[2Jold"})
	}
	d := newDesk(t, Options{Memory: &notebook{marks: map[string][]Bookmark{"alice@webapp": many}}})
	d.run(d.loadBookmarks())
	d.said(1)
	d.press("m")
	d.shows("there are 200 bookmarks already")
	d.press("'")
	d.shows("␛[2Jold")
	long := eventtest.Message(2, "dev", eventtest.Bob, "x"+string(make([]byte, 100_000)))
	d.press("esc")
	d.events(long)
	if got := bookmarkOf(d.record()); len(got.Text) > 4*bookmarkText {
		t.Errorf("got a text of %d bytes kept, want a short one", len(got.Text))
	}
}

func TestSaver_SavesTheNewest(t *testing.T) {
	memory, s := &notebook{}, newSaver()
	s.put("alice", []Bookmark{{Text: "old"}})
	s.put("bob", nil)
	s.put("alice", []Bookmark{{Text: "new"}})
	for range 2 {
		if err := s.save(memory); err != nil {
			t.Fatal(err)
		}
	}
	if got := memory.marks["alice"]; len(memory.marks) != 2 || len(got) != 1 || got[0].Text != "new" {
		t.Errorf("got %+v, want the newest of both", memory.marks)
	}
	if memory.writes != 2 {
		t.Errorf("got %d writes, want one for each agent", memory.writes)
	}
	memory.broken = errors.New("full")
	s.put("alice", nil)
	if s.save(memory) == nil {
		t.Error("got no error of a memory that is full")
	}
	memory.broken = nil
	if err := s.save(memory); err != nil || len(memory.marks["alice"]) != 0 {
		t.Errorf("got %v and %+v, want what could not be saved tried again", err, memory.marks)
	}
}

func TestModel_TellsNewcomersWhatTheyShouldKnow(t *testing.T) {
	for _, key := range []string{"esc", "enter", "?", " "} {
		memory := &notebook{first: true}
		d := newDesk(t, Options{Memory: memory})
		d.run(d.askFirst())
		d.live()
		d.said(40)
		d.shows("space pauses, enter inspects, ? shows every key", "m40")
		d.press("down", "w", "w")
		d.shows("space pauses")
		d.press(key)
		d.hides("space pauses")
		d = newDesk(t, Options{Memory: memory})
		d.run(d.askFirst())
		d.hides("space pauses")
	}
}

func TestModel_ShowsAndHidesPanes(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(5)
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.shows("CHANNELS")
	d.press("3")
	d.shows("FOLLOWING", "│ message.new")
	d.said(1)
	d.shows("test1-6")
	d.press("1")
	d.hides("CHANNELS")
	d.shows("│ message.new")
	d.press("1", "2")
	d.hides("CHANNELS", "│ message.new")
	d.press("2")
	d.shows("CHANNELS")
	d.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.shows("[ALL]")
	d.press("1")
	d.hides("[ALL]")
}

func TestModel_ScrollsSideways(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.events(eventtest.Message(1, "dev", eventtest.Bob, "0123456789日本語日本語日本語日本語 and so on up to the very end of this text"), eventtest.Message(2, "dev", eventtest.Bob, "short"))
	d.hides("very end")
	d.press("left", "right")
	d.shows("bob    …9日本語")
	d.said(1) // leaves it where it is
	d.shows("bob    …9日本語")
	for range 30 {
		d.press("right")
	}
	d.shows("of this text")
	d.press("w", "right")
	d.shows("texts are wrapped", "0123456789")
	d.press("w")
	for range 30 {
		d.press("left")
	}
	d.shows("0123456789")
}
