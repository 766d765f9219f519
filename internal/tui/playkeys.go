package tui

import (
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// pressPlayback handles the keys of the playhead.
func (m *model) pressPlayback(k tea.KeyMsg) (cmd tea.Cmd, ok bool) {
	switch {
	case key.Matches(k, m.keys.Pause):
		return m.playOrPause(), true
	case key.Matches(k, m.keys.StepForward):
		return m.stepShown(1), true
	case key.Matches(k, m.keys.StepBack):
		return m.stepShown(-1), true
	case key.Matches(k, m.keys.MinuteForward):
		return m.skip(time.Minute), true
	case key.Matches(k, m.keys.MinuteBack):
		return m.skip(-time.Minute), true
	case key.Matches(k, m.keys.Faster):
		return m.changeSpeed(1), true
	case key.Matches(k, m.keys.Slower):
		return m.changeSpeed(-1), true
	case key.Matches(k, m.keys.GoLive):
		return m.goLive(), true
	}
	return nil, false
}

// playOrPause pauses, or plays on from the playhead; from the beginning if it
// has reached the end.
func (m *model) playOrPause() tea.Cmd {
	p := m.playback
	switch {
	case !p.paused:
		p.paused = true
		m.timeline.Pause()
		return m.askSituation()
	case p.ended() && p.index.Len() > 0:
		p.paused = false
		return m.moveTo(goal{n: 0})
	}
	p.paused = false
	p.pacer.Reset() // who wants to go on has waited
	m.timeline.Follow()
	return m.playOn()
}

// skip moves the playhead by some time.
func (m *model) skip(d time.Duration) tea.Cmd {
	if !m.playback.begun {
		return nil
	}
	return m.moveToTime(m.now.Add(d))
}

// goLive shows what comes behind the playhead, and then what happens now.
func (m *model) goLive() tea.Cmd {
	p := m.playback
	if !m.o.Replay.Live {
		return m.say("there is nothing live here: these events were recorded")
	}
	if !p.begun {
		return m.say("the range is still being read")
	}
	req := m.request()
	req.Since, req.Until = time.Time{}, time.Time{}
	m.askForChecks(&req)
	m.fold = line.Fold{}
	switch i := p.at - p.from; {
	case i > 0:
		m.fold.Hides(p.held[i-1]) // what would only repeat it
		req.After = p.held[i-1].Event.Cursor
	case len(p.held) > 0:
		first := p.held[0].Event.Cursor
		req.After = event.Cursor{Epoch: first.Epoch, Offset: first.Offset - 1}
	}
	m.leaveSituation()
	m.toast = "" // of the playhead, which there is none of any more
	m.playback = nil
	m.keys.suit(false)
	m.now = p.wall
	m.timeline.SetQuiet(0)
	m.timeline.Follow()
	m.meter = meter{}
	m.conn, m.since = connection{}, m.now
	return tea.Batch(m.follow(startFeed(m.o.Source, req, m.o.Last, m.o.Now)), m.listAllChannels())
}
