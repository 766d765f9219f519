package tui

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// BenchmarkModel_Flood takes in batches of a flood of 5,000 events a second,
// as they come in a frame, with 100,000 events of history behind, and draws
// after each. A batch must take much less than the 33 ms that it stands for.
func BenchmarkModel_Flood(b *testing.B) {
	const perFrame = 5000 / 30
	o := Options{Source: eventtest.NewSource(), Now: func() time.Time { return eventtest.Day }, Location: time.UTC}
	o.Request.Agent, o.Bounds = eventtest.Alice, timeline.Options{}
	m := newModel(o)
	m.Init()
	defer m.stopFeeds()
	m.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	offset := int64(0)
	make := func(n int) []*event.Event {
		var out []*event.Event
		for range n {
			offset++
			e := eventtest.Message(offset, fmt.Sprintf("c%d", offset%20), eventtest.Bob, fmt.Sprintf("message %d of a flood that does not end", offset))
			e.Cursor = event.Cursor{Epoch: "test1", Offset: offset}
			out = append(out, &e)
		}
		return out
	}
	m.Update(batch{serial: m.serial, news: []news{{events: make(100_000), past: true}}, at: eventtest.Day})
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	for b.Loop() {
		b.StopTimer()
		events := make(perFrame)
		b.StartTimer()
		m.Update(batch{serial: m.serial, news: []news{{events: events}}, at: eventtest.Day})
		_ = m.View()
	}
	b.ReportMetric(float64(mem.HeapAlloc)/(1<<20), "MB-held")
}

// BenchmarkModel_Key presses a key in a full list and draws: what a reader
// waits for, at most 50 ms.
func BenchmarkModel_Key(b *testing.B) {
	o := Options{Source: eventtest.NewSource(), Now: func() time.Time { return eventtest.Day }, Location: time.UTC}
	o.Request.Agent = eventtest.Alice
	m := newModel(o)
	m.Init()
	defer m.stopFeeds()
	m.Update(tea.WindowSizeMsg{Width: 140, Height: 40})
	var all []*event.Event
	for i := range int64(50_000) {
		e := eventtest.Message(i+1, "dev", eventtest.Bob, "one of many messages")
		e.Cursor = event.Cursor{Epoch: "test1", Offset: i + 1}
		all = append(all, &e)
	}
	m.Update(batch{serial: m.serial, news: []news{{events: all}}, at: eventtest.Day})
	for name, key := range map[string]tea.KeyMsg{
		"up": {Type: tea.KeyUp}, "oldest": {Type: tea.KeyHome}, "filter": {Type: tea.KeyRunes, Runes: []rune("m")},
	} {
		b.Run(name, func(b *testing.B) {
			if name == "filter" {
				m.openPrompt(toFilter)
			}
			for b.Loop() {
				m.Update(key)
				_ = m.View()
			}
		})
	}
}
