package tui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/event/eventtest"

	tea "github.com/charmbracelet/bubbletea"
)

// scribe notes what is asked of it.
type scribe struct {
	did []string
	err error
}

func (s *scribe) Do(_ context.Context, as event.Agent, op action.Op) (action.Result, error) {
	s.did = append(s.did, fmt.Sprintf("%v %+v", as, op))
	return action.Result{}, s.err
}

func (s *scribe) last() string {
	if len(s.did) == 0 {
		return ""
	}
	return s.did[len(s.did)-1]
}

// directly is a direct message that names both members.
func directly(t *testing.T, id int64, from, to event.Agent, said string) event.Event {
	t.Helper()
	e := eventtest.DM(id, from, to, said)
	var m event.Message
	if err := json.Unmarshal(e.Payload, &m); err != nil {
		t.Fatal(err)
	}
	m.ChannelMembers = []string{from.String(), to.String()}
	e.Payload, _ = json.Marshal(m)
	return e
}

// atDesk is a view in which one can write as alice, with a message of bob's.
func atDesk(t *testing.T) (*desk, *scribe) {
	t.Helper()
	s := &scribe{}
	d := newDesk(t, Options{Actor: s, As: eventtest.Alice})
	d.live()
	d.said(1)
	return d, s
}

func TestWrite_IsOffUnlessAskedFor(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(1)
	d.hides("writing as")
	for _, k := range []string{"i", "E", "D"} {
		d.press(k)
		d.shows("start watch with --as AGENT to write")
		d.Update(toastEnd{d.toastID})
	}
}

func TestWrite_SendsWhereTheReaderIs(t *testing.T) {
	d, s := atDesk(t)
	d.shows("writing as alice@webapp")
	d.press("i")
	d.shows("Write to which channel?", "as alice@webapp")
	d.press("enter")
	d.shows("as alice@webapp to #dev > ", "enter send", "esc back, keeps the text")
	if cmd := d.press("enter"); cmd != nil {
		t.Error("got nothing sent, want that refused")
	}
	d.shows("there is nothing to send yet")
	d.press("q? hello")
	d.Update(tea.KeyMsg{Type: tea.KeyCtrlJ})
	d.Update(tea.KeyMsg{Type: tea.KeyEnter, Alt: true})
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("a\r\n\tb\x1b[2J\r"), Paste: true})
	d.shows("q? hello⏎⏎a⏎ b[2J⏎", "5 lines")
	cmd := d.press("enter")
	d.shows("sending …")
	d.press("not typed any more", "enter")
	d.finish(cmd)
	d.shows("sent to #dev", "FOLLOWING")
	if want := "alice:p1 {Channel:dev To:: Content:q? hello\n\na\n\tb[2J\n Thread: Metadata:[]}"; s.last() != want || len(s.did) != 1 {
		t.Errorf("got %q, want %q", s.did, want)
	}
	d.press("i", "enter")
	d.hides("hello")
}

func TestWrite_KeepsWhatWasNotSent(t *testing.T) {
	d, s := atDesk(t)
	s.err = action.Refuse(action.Forbidden, "%q may not send to %q: it is not a member", eventtest.Alice, "dev")
	d.press(" ", "i", "dear all")
	d.finish(d.press("enter"))
	d.shows("dear all", `alice@webapp may not send to "dev": it is not a member`)
	d.press("!", "esc")
	d.hides("dear all", "not a member")
	s.err = context.DeadlineExceeded
	d.press("i")
	d.shows("dear all!")
	cmd := d.press("enter")
	d.press("esc")
	d.finish(cmd)
	d.shows("could not be written: no answer came")
	s.err = nil
	d.press("i")
	d.shows("dear all!")
	d.finish(d.press("enter"))
	d.press("i")
	d.hides("dear")
}

func TestWrite_ToWhoeverTheDirectChatIsWith(t *testing.T) {
	d, s := atDesk(t)
	d.events(directly(t, 2, eventtest.Bob, eventtest.Alice, "psst"), directly(t, 3, eventtest.Bob, eventtest.Carol, "not hers"),
		eventtest.Note(4, eventtest.Alice, "mine"), eventtest.Status(eventtest.Bob, "busy"))
	d.press("i") // while it follows: where somebody spoke last to her
	d.shows("#dev", "▌ @bob")
	if n := len(d.picker.all); n != 2 {
		t.Errorf("got %d places to write to, want #dev and @bob alone", n)
	}
	d.press("enter")
	d.shows("as alice@webapp to @bob > ")
	d.press("yes?")
	d.finish(d.press("enter"))
	if want := "alice:p1 {Channel: To:bob:p1 Content:yes? Thread: Metadata:[]}"; s.last() != want {
		t.Errorf("got %q, want %q", s.last(), want)
	}
	d.press("up", "i")
	d.shows("notes are nobody's to answer")
	d.press("up", "i")
	d.shows("alice@webapp is not in this direct chat")
	d.press("G", "c", "dev", "enter", "i")
	d.shows("as alice@webapp to #dev > ")
}

func TestWrite_ChangesOnesOwn(t *testing.T) {
	d, s := atDesk(t)
	for _, k := range []string{"E", "D"} {
		d.press("G", k)
		d.shows("only messages that alice@webapp wrote can be changed")
	}
	edited := eventtest.Message(7, "dev", eventtest.Alice, "newest\nwords")
	edited.Type = event.MessageEdited
	d.events(eventtest.Message(7, "dev", eventtest.Alice, "old words"), edited)
	d.said(1)
	d.press("E") // the last one, while it follows
	d.shows("edit message 7 as alice@webapp > newest⏎words")
	d.press("!")
	d.finish(d.press("enter"))
	d.shows("changed message 7")
	if want := "alice:p1 {Message:7 Content:newest\nwords!}"; s.last() != want {
		t.Errorf("got %q, want %q", s.last(), want)
	}
	for _, no := range []string{"n", "enter", "esc"} {
		d.press("D")
		d.shows("delete message 7? y/N", "newest ⏎ words")
		d.press(no)
		d.hides("y/N")
	}
	if len(s.did) != 1 {
		t.Errorf("got %v done, want only the edit", s.did)
	}
	d.press("D")
	s.err = errors.New("the database is busy")
	d.finish(d.press("y"))
	d.shows("delete message 7? y/N", "the database is busy")
	s.err = nil
	d.finish(d.press("y"))
	d.shows("deleted message 7")
	if want := "alice:p1 {Message:7}"; s.last() != want {
		t.Errorf("got %q, want %q", s.last(), want)
	}
	gone := eventtest.Message(7, "dev", eventtest.Alice, "[Message deleted]")
	gone.Type = event.MessageDeleted
	d.events(gone)
	d.press("E")
	d.shows("message 7 is deleted")
}

func TestWrite_LongAndHostileTextsStayInTheirLine(t *testing.T) {
	d, _ := atDesk(t)
	d.press("i", "enter")
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(strings.Repeat("漢", action.MaxContent-2) + "\u202e\u009b"), Paste: true})
	for range 3 {
		d.press("x")
	}
	d.shows("a message takes 150000 characters")
	for _, width := range []int{20, 33, 80, 200} {
		d.Update(tea.WindowSizeMsg{Width: width, Height: 24})
		for l := range strings.SplitSeq(d.View(), "\n") {
			if strings.ContainsAny(l, "\u202e\u009b") || !utf8.ValidString(l) {
				t.Fatalf("got a line that a terminal would obey: %q", l)
			}
		}
	}
	if got := utf8.RuneCountInString(d.prompt.input.String()); got != action.MaxContent {
		t.Errorf("got %d characters, want %d", got, action.MaxContent)
	}
}

func TestChannels_ArchivedOnesGiveWay(t *testing.T) {
	d, _ := atDesk(t)
	archived := eventtest.ChannelCreated("old")
	archived.Type = event.ChannelArchived
	archived.Payload = json.RawMessage(strings.Replace(string(archived.Payload), `"is_archived":false`, `"is_archived":true`, 1))
	d.events(eventtest.ChannelCreated("old"), eventtest.ChannelCreated("new"))
	d.shows("#new", "#old")
	d.events(archived)
	d.press("g") // the newest row names it, too
	d.press("i")
	d.shows("#dev", "#new")
	for _, c := range d.picker.all {
		if c.channel == "old" {
			t.Error("got an archived channel offered to write to")
		}
	}
	if strings.Contains(strings.Split(d.View(), "\n")[1], "#old") {
		t.Errorf("got a tab of an archived channel where nothing waits:\n%s", d.View())
	}
}
