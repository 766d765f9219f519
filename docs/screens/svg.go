package main

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The size of a cell, and the room around the screen, in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	baseline   = 13.5
	margin     = 14.0
)

// style is how a character is drawn. Colours count from 1, 0 is the default.
type style struct {
	fg, bg                                 int
	bold, faint, italic, underline, invert bool
}

// cell is one character, which takes one cell or two.
type cell struct {
	text  string
	width int
	style style
}

// parse reads a line of text with colours, as tmux captures it. The style goes
// on from line to line.
func parse(line string, s *style) []cell {
	var cells []cell
	var state byte
	for len(line) > 0 {
		seq, width, n, next := ansi.DecodeSequence(line, state, nil)
		line, state = line[n:], next
		if width > 0 {
			cells = append(cells, cell{seq, width, *s})
			continue
		}
		if params, ok := strings.CutPrefix(seq, "\x1b["); ok && strings.HasSuffix(params, "m") {
			s.apply(strings.TrimSuffix(params, "m"))
		}
	}
	return cells
}

// apply changes the style as SGR parameters say.
func (s *style) apply(params string) {
	for code := range strings.SplitSeq(params, ";") {
		n, _ := strconv.Atoi(code) // nothing is 0
		switch {
		case n == 0:
			*s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 3:
			s.italic = true
		case n == 4:
			s.underline = true
		case n == 7:
			s.invert = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 23:
			s.italic = false
		case n == 24:
			s.underline = false
		case n == 27:
			s.invert = false
		case n >= 30 && n <= 37:
			s.fg = n - 30 + 1
		case n == 39:
			s.fg = 0
		case n >= 40 && n <= 47:
			s.bg = n - 40 + 1
		case n == 49:
			s.bg = 0
		case n >= 90 && n <= 97:
			s.fg = n - 90 + 9
		case n >= 100 && n <= 107:
			s.bg = n - 100 + 9
		}
	}
}

// draw draws a screen as SVG. Every piece of text has its place and its
// length, so that no font can move what stands behind it.
func draw(title, screen string, columns, lines int) []byte {
	width, height := float64(columns)*cellWidth+2*margin, float64(lines)*cellHeight+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]s %[2]s" width="%[1]s" height="%[2]s" role="img" xml:space="preserve">`+"\n",
		pixels(width), pixels(height))
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(title), css())
	fmt.Fprintf(&b, `<rect class="page" width="%s" height="%s" rx="8"/>`+"\n", pixels(width), pixels(height))
	var s style
	for y, line := range strings.Split(strings.TrimRight(screen, "\n"), "\n") {
		if y < lines {
			drawLine(&b, parse(line, &s), margin+float64(y)*cellHeight)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// drawLine draws the cells of a line in pieces: what has one style and is
// ASCII, or the same character again and again, is one piece.
func drawLine(b *bytes.Buffer, cells []cell, top float64) {
	x := 0
	for len(cells) > 0 {
		n := 1
		for n < len(cells) && joins(cells[0], cells[n-1], cells[n]) {
			n++
		}
		width := 0
		var text strings.Builder
		for _, c := range cells[:n] {
			width += c.width
			text.WriteString(c.text)
		}
		drawPiece(b, text.String(), cells[0].style, x, width, top)
		x += width
		cells = cells[n:]
	}
}

func joins(first, last, next cell) bool {
	if next.style != first.style {
		return false
	}
	return ascii(first) && ascii(next) || next.text == last.text && next.width == 1
}

func ascii(c cell) bool { return len(c.text) == 1 }

func drawPiece(b *bytes.Buffer, text string, s style, x, width int, top float64) {
	left := margin + float64(x)*cellWidth
	if class := s.background(); class != "" {
		fmt.Fprintf(b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`+"\n",
			class, pixels(left), pixels(top), pixels(float64(width)*cellWidth), pixels(cellHeight))
	}
	trimmed := strings.TrimLeft(text, " ")
	left += float64(len(text)-len(trimmed)) * cellWidth
	width -= len(text) - len(trimmed)
	text = strings.TrimRight(trimmed, " ")
	if width -= len(trimmed) - len(text); text == "" {
		return
	}
	fmt.Fprintf(b, `<text class="%s" x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs">%s</text>`+"\n",
		s.class(), pixels(left), pixels(top+baseline), pixels(float64(width)*cellWidth), html.EscapeString(text))
}

// background is the class of what is behind a text; empty for the page.
func (s style) background() string {
	switch {
	case s.invert:
		return "c" + strconv.Itoa(s.fg)
	case s.bg > 0:
		return "c" + strconv.Itoa(s.bg)
	}
	return ""
}

// class are the classes of a text.
func (s style) class() string {
	class := "c" + strconv.Itoa(s.fg)
	if s.invert {
		class = "page"
		if s.bg > 0 {
			class = "c" + strconv.Itoa(s.bg)
		}
	}
	for _, c := range []struct {
		on   bool
		name string
	}{{s.bold, "b"}, {s.faint, "f"}, {s.italic, "i"}, {s.underline, "u"}} {
		if c.on {
			class += " " + c.name
		}
	}
	return class
}

func pixels(n float64) string { return strconv.FormatFloat(n, 'f', -1, 32) }

// The page, the default colour of text, and the 16 colours of the terminal.
var (
	light = []string{
		"#ffffff", "#1f2328",
		"#24292f", "#cf222e", "#116329", "#7d4e00", "#0969da", "#8250df", "#1b7c83", "#6e7781",
		"#57606a", "#a40e26", "#1a7f37", "#9a6700", "#218bff", "#a475f9", "#3192aa", "#8c959f",
	}
	dark = []string{
		"#0d1117", "#e6edf3",
		"#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
		"#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc",
	}
)

// css is how everything looks on a light page and on a dark one.
func css() string {
	return "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;white-space:pre}" +
		".b{font-weight:bold}.f{opacity:.65}.i{font-style:italic}.u{text-decoration:underline}" +
		fills(light) + "@media(prefers-color-scheme:dark){" + fills(dark) + "}"
}

func fills(colors []string) string {
	var out strings.Builder
	out.WriteString(".page{fill:" + colors[0] + "}")
	for i, c := range colors[1:] {
		fmt.Fprintf(&out, ".c%d{fill:%s}", i, c)
	}
	return out.String()
}
