package tui

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

func TestModel_SaysWhenThereIsNoPager(t *testing.T) {
	var told []bool
	d := newDesk(t, Options{Environ: []string{"PAGER=less", "PAGER=/no/such/pager --flag"}, Paging: func(on bool) { told = append(told, on) }})
	d.live()
	d.press("P")
	d.shows("there is nothing to page through")
	d.said(1)
	d.finish(d.press("P"))
	d.shows("there is no pager /no/such/pager: set PAGER to one")
	if told != nil {
		t.Errorf("got %v told about a pager that there is not", told)
	}
}

func TestModel_MakesPlainLines(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.events(eventtest.Message(1, "dev", eventtest.Bob, "one\x1b[2J\nline"))
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 7}})
	d.events(eventtest.Message(2, "dev", eventtest.Bob, "two "+strings.Repeat("long ", 100)+"end"))
	got, err := io.ReadAll(iotest.OneByteReader(d.plainRows()))
	if err != nil {
		t.Fatal(err)
	}
	want := "15:04:06 #dev      bob     one␛[2J ⏎ line\n╌╌╌ gap: 7 events missed 15:04:06–15:04:07, no longer retained ╌╌╌\n15:04:07 #dev      bob     two " + strings.Repeat("long ", 100) + "end\n"
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.press("enter", "up", "up")
	event := d.plainEvent()
	for _, want := range []string{"message.new · 59s ago\n\n", "\nfrom     bob@webapp\n", "\none␛[2J\nline\n"} {
		if !strings.Contains(event, want) {
			t.Errorf("got %q, want %q in it", event, want)
		}
	}
}

func TestPagerCommand_IsHarmless(t *testing.T) {
	c := pagerCommand(context.Background(), []string{"less", "-R"})
	if !slices.Contains(c.Env, "LESSSECURE=1") || len(c.Env) < 2 {
		t.Errorf("got the environment %v, want ours and LESSSECURE=1", c.Env)
	}
}

func TestModel_ShowsRawJSON(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.events(eventtest.Message(1, "dev", eventtest.Bob, "say \x1b[2J\u009b\u202e"))
	d.press("r")
	d.shows("enter inspects an event, then r shows its JSON")
	d.press("enter", "r")
	d.shows("message.new · 59s ago · raw", `  "type": "message.new",`)
	for range 30 {
		d.press("J")
	}
	d.shows(`"content": "say \u001b[2J\u009b\u202e",`)
	d.press("r")
	d.shows("bob@webapp")
	d.hides("· raw")
}
