// Package background answers, before anybody asks the terminal, the question
// whether its background is dark.
//
// Importing bubbletea makes every command of the program ask that question
// when it starts, and wait five seconds for an answer where the terminal gives
// none. Packages initialise in the order of their import paths as soon as what
// they need is ready, and the path of this one sorts before bubbletea's: it
// must keep doing so, and must import nothing but lipgloss. The answer itself
// does not matter, because only the 16 colours of the terminal are used.
package background

import "github.com/charmbracelet/lipgloss"

func init() { lipgloss.SetHasDarkBackground(true) }
