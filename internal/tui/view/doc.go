// Package view draws the screen of the live view. [Render] is a pure function:
// the same [Screen] and size give the same bytes, which are exactly as many
// lines as the screen is high, none wider than it is wide. It knows no
// events: what it draws is already in words, and sanitised.
//
// The colours are the 16 of the terminal, and they never carry meaning alone.
package view
