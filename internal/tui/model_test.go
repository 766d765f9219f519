package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/text"

	tea "github.com/charmbracelet/bubbletea"
)

// desk is a view with nobody at it: keys and news are handed to it in turn.
type desk struct {
	t *testing.T
	*model
	offset int64
}

func newDesk(t *testing.T, o Options) *desk {
	t.Helper()
	webapp := "webapp"
	for _, a := range []event.Agent{eventtest.Alice, eventtest.Bob, eventtest.Carol} {
		i := eventtest.Info(a)
		if a.Project == "p1" {
			i.ProjectName = &webapp
		}
		o.Infos = append(o.Infos, i)
	}
	if o.Source == nil {
		o.Source = eventtest.NewSource()
	}
	o.Mode, o.Where, o.Location = "live", "the test", time.UTC
	o.Now = func() time.Time { return eventtest.Day.Add(time.Minute) }
	o.Request.Agent = eventtest.Alice
	d := &desk{t: t, model: newModel(o)}
	d.Init()
	t.Cleanup(d.stopFeeds)
	d.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return d
}

// events hands over messages that were just said.
func (d *desk) events(events ...event.Event) {
	var told []*event.Event
	for i := range events {
		d.offset++
		e := &events[i]
		e.Cursor = event.Cursor{Epoch: "test1", Offset: d.offset}
		e.CreatedAt = eventtest.Day.Add(time.Duration(d.offset) * time.Second)
		told = append(told, e)
	}
	d.tell(news{events: told, cursor: event.Cursor{Epoch: "test1", Offset: d.offset}})
}

// said hands over that many messages: m1, m2 and so on.
func (d *desk) said(n int) {
	var all []event.Event
	for i := range n {
		all = append(all, eventtest.Message(d.offset+int64(i)+1, "dev", eventtest.Bob, fmt.Sprintf("m%d", d.offset+int64(i)+1)))
	}
	d.events(all...)
}

func (d *desk) tell(n ...news) {
	d.Update(batch{serial: d.serial, news: n, at: d.o.Now()})
}

// press presses keys: names as tea gives them, or characters.
func (d *desk) press(keys ...string) (last tea.Cmd) {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
		"home": tea.KeyHome, "end": tea.KeyEnd, "ctrl+c": tea.KeyCtrlC, "ctrl+u": tea.KeyCtrlU, "backspace": tea.KeyBackspace, "left": tea.KeyLeft, "right": tea.KeyRight, "tab": tea.KeyTab,
	}
	for _, k := range keys {
		if typ, ok := named[k]; ok {
			_, last = d.Update(tea.KeyMsg{Type: typ})
			continue
		}
		for _, r := range k {
			msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
			if r == ' ' {
				msg.Type = tea.KeySpace
			}
			_, last = d.Update(msg)
		}
	}
	return last
}

// shows wants all of these on the screen, and not wants none of them.
func (d *desk) shows(wanted ...string) {
	d.t.Helper()
	for _, s := range wanted {
		if !strings.Contains(d.View(), s) {
			d.t.Fatalf("want %q on the screen:\n%s", s, d.View())
		}
	}
}

func (d *desk) hides(unwanted ...string) {
	d.t.Helper()
	for _, s := range unwanted {
		if strings.Contains(d.View(), s) {
			d.t.Fatalf("want no %q on the screen:\n%s", s, d.View())
		}
	}
}

func (d *desk) live() { d.tell(news{state: &connection{phase: live}}) }

func TestModel_PausesTheViewAndNotTheIntake(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(50)
	d.shows("FOLLOWING", "m50", "alice@webapp", "● live", "50 events")
	d.press(" ")
	before := d.View()
	d.said(12)
	d.shows("PAUSED", "+12 new below", "m50")
	d.hides("m51", "m62")
	if a, b := strings.Split(before, "\n")[2:21], strings.Split(d.View(), "\n")[2:21]; strings.Join(a, "\n") != strings.Join(b, "\n") {
		t.Error("the list moved while paused")
	}
	d.press("G")
	d.shows("FOLLOWING", "m62", "62 events")
	d.press("up")
	d.shows("PAUSED", "nothing new")
	d.press("down")
	d.shows("FOLLOWING")
	d.press("g")
	d.shows("m1\n", "Fri 2 Jan 2026")
	d.press("pgdown")
	d.shows("PAUSED")
	d.hides("Fri 2 Jan 2026")
}

func TestModel_Filters(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(40)
	d.events(eventtest.Message(41, "dev", eventtest.Carol, "from carol"))
	d.press("/", "from:ca")
	d.shows("/ from:ca", "0 of 41 match", "0 of 41 events match   from:ca", "esc clears the filter")
	d.press("rol")
	d.shows("1 of 41 match", "from carol")
	d.hides("m40")
	d.press(" frm:x")
	d.shows("unknown field frm, did you mean from?", "not yet a filter")
	d.press("enter")
	d.shows("/ from:carol frm:x")
	d.press("backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "enter")
	d.shows("from:carol (1)", "FOLLOWING")
	d.said(1)
	d.hides("m42")
	d.press("esc")
	d.shows("m42", "no filter")
	d.press("/", "q", "esc")
	d.shows("no filter", "m42")
}

func TestModel_FiltersManyEventsInSteps(t *testing.T) {
	d := newDesk(t, Options{})
	d.said(9000)
	cmd := d.press("/", "m1")
	steps := 0
	for cmd != nil {
		_, cmd = d.Update(cmd())
		steps++
	}
	want := 0
	for i := 1; i <= 9000; i++ {
		if strings.Contains(fmt.Sprintf("m%d", i), "m1") {
			want++
		}
	}
	if steps == 0 || d.timeline.Shown() != want {
		t.Errorf("got %d shown after %d steps, want %d after some", d.timeline.Shown(), steps, want)
	}
}

func TestModel_Inspects(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(30)
	d.events(eventtest.DM(31, eventtest.Bob, eventtest.Alice, "a secret\nin two lines"))
	d.press("enter")
	d.shows("PAUSED", "dm.received · direct message", "from", "bob@webapp", "it is for alice@webapp alone", "in two lines")
	d.press("up")
	d.shows("message.new", "alice@webapp is a member of the channel")
	d.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	d.shows("│ message.new", "CHANNELS")
	d.press("q")
	d.hides("│ message.new")
	d.press("esc")
	d.shows("FOLLOWING")
}

func TestModel_SaysHowGoodTheStreamIs(t *testing.T) {
	d := newDesk(t, Options{})
	d.shows("○ connecting", "Connecting to the test")
	d.live()
	d.shows("● live", "Waiting for alice@webapp's next event")
	d.said(3)
	lostAt := d.o.Now()
	d.tell(news{state: &connection{phase: lost, err: errors.New("refused"), retry: lostAt.Add(4 * time.Second), attempt: 3}})
	d.shows("◌ lost 15:05:05, retry 3 in 4s", "RECONNECTING", "complete up to 15:05:05", "m3", "R retry now")
	d.Update(tick(lostAt.Add(3 * time.Second)))
	d.shows("retry 3 in 1s")
	d.tell(news{state: &connection{phase: connecting, attempt: 3}})
	d.shows("◌ reconnecting")
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 214}}, news{state: &connection{phase: live}})
	d.said(1)
	d.shows("● live", "1 gap", "gap: 214 events missed 15:04:08–15:04:09, no longer retained")
	d.press("{", "enter")
	d.shows("▌╌╌ gap", "can not be loaded")
	d.tell(news{state: &connection{phase: failed, err: event.ErrForbidden}})
	d.shows("◌ ended", "does not let this token watch it")
}

func TestModel_PromisesNoCompleteListBeforeTheStreamWasGood(t *testing.T) {
	lost := news{state: &connection{phase: lost, err: errors.New("refused"), retry: eventtest.Day.Add(time.Hour), attempt: 1}}
	d := newDesk(t, Options{})
	d.said(1)
	d.tell(lost)
	d.shows("RECONNECTING", "list is not complete yet", "R retries now")
	d.live()
	d.tell(lost)
	d.shows("list is complete up to")
	d.press("a", "bob", "enter")
	d.tell(lost)
	d.shows("bob@webapp", "list is not complete yet")
}

func TestModel_MeasuresNothingThatWasMissed(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.tell(news{state: &connection{phase: lost, err: errors.New("refused"), attempt: 1}}, news{state: &connection{phase: connecting, attempt: 1}})
	missed := eventtest.Message(1, "dev", eventtest.Bob, "an hour ago")
	missed.CreatedAt = eventtest.Day.Add(-time.Hour)
	derived := missed
	derived.Backfilled = true
	d.tell(news{events: []*event.Event{&missed}})
	d.live()
	d.tell(news{events: []*event.Event{&derived}})
	d.shows("● live", "0.0/s", "NEW 2")
	d.hides("clock differs")
	d.tell(news{events: []*event.Event{&missed}})
	d.shows("clock differs")
}

func TestModel_PicksAnAgentAndAChannel(t *testing.T) {
	d := newDesk(t, Options{Pick: true})
	d.shows("Watch which agent?", "alice", "carol", "everything")
	d.press("car")
	d.hides("alice")
	d.press("enter")
	d.shows("carol:p2")
	d.live()
	d.events(
		eventtest.Message(1, "dev", eventtest.Bob, "in dev"), eventtest.Message(2, "ops", eventtest.Bob, "in ops"),
	)
	d.shows("NEW 2", "[ALL]", "#dev 1", "#ops 1")
	d.press("c", "ops", "enter")
	d.shows("in ops", "[#ops]", "only #ops (1)")
	d.hides("in dev")
	d.press("a", "bob", "enter")
	d.shows("bob@webapp", "connecting")
	d.hides("in ops")
	d.Update(batch{serial: d.serial - 1, news: []news{{events: []*event.Event{{}}}}})
	d.shows("0 events")
}

func TestModel_TypedKeysAreNoCommands(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(1)
	d.press("/", "q?g ")
	d.shows("/ q?g")
	if cmd := d.press("ctrl+c"); cmd == nil || cmd() != tea.Quit() || !d.summary().Interrupted {
		t.Error("ctrl+c did not quit while typing")
	}
	d.press("esc")
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q"), Paste: true})
	d.shows("m1")
	d.press("?")
	d.shows("MOVE", "CHOOSE", "pause or follow")
	d.press("q")
	d.shows("m1")
	if cmd := d.press("q"); cmd == nil || cmd() != tea.Quit() {
		t.Error("q did not quit")
	}
}

func TestModel_SaysThatAPasteIsTooLong(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(1)
	d.press("/", "m1")
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(strings.Repeat("漢", maxInput)), Paste: true})
	d.shows("/ m1_ ", "a line takes 1000 characters: what was pasted is left out")
	d.Update(toastEnd{d.toastID})
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("!"), Paste: true})
	d.shows("/ m1!_")
	d.hides("left out")
}

func TestModel_FindsAndJumps(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(50)
	d.press(`\`, "m3", "enter")
	d.shows("PAUSED", "▌15:04:44 #dev     bob    m39", "m40")
	d.press("N")
	d.shows("▌15:04:43 #dev     bob    m38")
	d.press("n", "n")
	d.shows("nothing below matches m3")
	d.press("T", "15:04:15")
	d.shows("go to 15:04:15")
	d.press("enter")
	d.shows("▌15:04:15 #dev     bob    m10")
	d.press("T", "nonsense", "enter")
	d.shows("go to nonsense")
	d.press("esc", "/", "up")
	d.shows("/ m3", "11 of 50 match")
	d.press("down")
	d.shows("50 of 50 match")
}

func TestModel_TakesKeysThatCameTogether(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(5)
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("kk/m3")})
	d.shows("/ m3", "1 of 5 match")
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("t"), Alt: true})
	d.shows("no filter", "relative time")
}

func TestModel_ShowsTimesInManyWays(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(2)
	for _, want := range []string{"15:04:07 #dev", "58s ago  #dev", "+1.0s    #dev", "2026-01-02 15:04:07.000 #dev", " #dev     bob", "15:04:07 #dev"} {
		d.shows(want)
		d.press("t")
	}
	d.events(eventtest.Message(3, "dev", eventtest.Bob, strings.Repeat("word ", 40)+"end"))
	d.hides("end")
	d.press("w")
	d.shows("end")
}

func TestModel_DrawsOnlyWhenSomethingHappened(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(1)
	d.View()
	d.Update("a stranger's message")
	if d.dirty {
		t.Error("got a message of no meaning drawn")
	}
	d.press("z")
	if d.dirty {
		t.Error("got a key of no meaning drawn")
	}
}

func TestModel_HostileTextsStayInTheirPlace(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	evil := event.Agent{Name: "\x1b[2J\x9b31mbob\u202e\n", Project: "p1"}
	e := eventtest.Message(1, "dev\x1b]0;owned\a", evil, "\x1b[H\x1b]52;c;aGk=\a\u009b2J\u202e\r\nlast "+strings.Repeat("漢字", 70_000))
	d.events(e)
	for _, keys := range [][]string{{}, {"enter"}, {"w"}, {"r"}, {"esc", "m", "'"}, {"esc", "f"}, {"esc", "c"}, {"esc", "e"}, {"esc", "1", "3", "right"}, {"esc", "/", "last"}} {
		d.press(keys...)
		for _, size := range [][2]int{{80, 24}, {140, 40}, {30, 8}} {
			d.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			lines := strings.Split(d.View(), "\n")
			if len(lines) != size[1] {
				t.Fatalf("got %d lines, want %d", len(lines), size[1])
			}
			for _, l := range lines {
				if strings.ContainsFunc(l, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e }) || text.Width(l) > size[0] {
					t.Fatalf("got a line that a terminal would obey or break: %q", l)
				}
			}
		}
	}
}
