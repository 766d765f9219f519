package tui

import (
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// Channels that are archived can still be looked back at, and are not in the
// way: whether that was before the view was opened, or happens meanwhile.
func TestPickChannel_ArchivedOnesAreLast(t *testing.T) {
	project := "p9"
	d := newDesk(t, Options{})
	d.live()
	d.Update(channelList{serial: d.serial, channels: []event.Channel{
		{ID: "b-old", Name: "b-old", Kind: event.KindChannel, IsArchived: true},
		{ID: "z", Name: "z", Kind: event.KindChannel},
		{ID: "p9:z", Name: "z", Kind: event.KindChannel, IsArchived: true, ProjectID: &project},
		{ID: "unseen", Name: "unseen", Kind: event.KindChannel, IsArchived: true},
	}})
	archived := eventtest.ChannelCreated("a-old")
	archived.Type = event.ChannelArchived
	archived.Payload = []byte(strings.Replace(string(archived.Payload), `"is_archived":false`, `"is_archived":true`, 1))
	z := eventtest.Message(3, "p9:z", eventtest.Bob, "thrice")
	z.Payload = []byte(strings.Replace(string(z.Payload), `"channel_name":"p9:z"`, `"channel_name":"z"`, 1))
	d.events(eventtest.Message(1, "b-old", eventtest.Bob, "once"), z, eventtest.Message(2, "a-old", eventtest.Bob, "twice"), archived)
	d.press("c")
	var got []string
	for _, c := range d.picker.all {
		got = append(got, strings.Join(c.columns, " "))
	}
	if got, want := strings.Join(got, ", "), "ALL 3 new, #z 0 new , #a-old 1 new archived, #b-old 1 new archived, #z@p9 1 new archived"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.press("archived", "down", "enter")
	d.shows("once")
	d.hides("twice")
	d.press("c")
	if got := d.picker.all[d.picker.selected].channel; got != "b-old" {
		t.Errorf("got %q selected, want the channel that is chosen", got)
	}
}
