package tui

import (
	"context"
	"errors"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"
)

// How often the program looks for something to draw: seldom if the view is
// painted otherwise.
const (
	framesPerSecond = 30
	noFrames        = 1
)

// Run shows the view on the terminal until the reader quits or ctx is done,
// and leaves the terminal as it found it. It reads o.In and writes to o.Out,
// which must be a terminal. That it was ended is no error.
func Run(ctx context.Context, o Options) (Summary, error) {
	m := newModel(o)
	m.ctx = ctx
	m.out = newTerminal(o.Out, o.Environ)
	options := []tea.ProgramOption{
		tea.WithAltScreen(), tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler(), tea.WithInput(keyboardOf(o.In)),
	}
	var view tea.Model = m
	if m.out != nil {
		options = append(options, tea.WithOutput(m.out), tea.WithFPS(noFrames))
		view = painted{m}
	}
	p := tea.NewProgram(view, options...)
	done := make(chan struct{})
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		select {
		case <-ctx.Done():
			p.Quit()
		case <-done:
		}
	}()
	_, err := p.Run()
	close(done)
	<-waited
	m.stopFeeds()
	if err != nil && !errors.Is(err, tea.ErrInterrupted) {
		return m.summary(), fmt.Errorf("run the view: %w", err)
	}
	if o.Memory != nil {
		// What was marked last may not be saved yet.
		if err := m.saver.save(o.Memory); err != nil {
			return m.summary(), fmt.Errorf("remember the bookmarks: %w", err)
		}
	}
	return m.summary(), nil
}
