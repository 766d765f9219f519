// Package tui is the live view that people leave open all day: a terminal
// program over an event.Source.
//
// What it promises: pausing freezes the view and never the intake; what is
// missing is shown as missing; keys answer within a frame whatever the stream
// does, because events come in batches and only what is in view is drawn;
// nothing that an agent wrote reaches the terminal unsanitised; nothing is
// asked of the terminal, and it is left as it was found.
//
// There is one tea.Model. What is held is in package timeline, how it looks in
// package view, how an event is said in package line. Update does no I/O and
// reads no clock: commands do, and ticks carry the time.
package tui

import (
	// Before bubbletea, which would wait for an answer of the terminal.
	_ "cslack-stream/internal/tui/background"
)
