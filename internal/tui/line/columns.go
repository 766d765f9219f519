package line

import (
	"strings"
	"time"

	"cslack-stream/internal/tui/text"
)

// Columns grow with what they hold up to a maximum, and never shrink; longer
// names push the rest of their line to the right, up to the width of cutName.
const (
	minWhere, maxWhere = 8, 14
	minWho, maxWho     = 6, 12
	cutName            = 40
	gutter             = "  "
)

// newlineMark is drawn where a text has a line feed.
const newlineMark = " ⏎ "

// OneLine returns sanitised text in one line.
func OneLine(s string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", newlineMark)
}

// Widen makes the columns wide enough for the records, so that lines printed
// together are aligned from the first on.
func (p *Printer) Widen(records []*Record) {
	for _, r := range records {
		p.where = min(max(p.where, text.Width(r.Where)), maxWhere)
		p.who = min(max(p.who, text.Width(r.Who)), maxWho)
	}
}

// appendColumns adds a line for eyes: time, where, who and text in columns.
// When the day changes, a line says so first, if the time column does not
// show it.
func (p *Printer) appendColumns(b []byte, r *Record) []byte {
	p.Widen([]*Record{r})
	if day := p.newDay(r); day != "" {
		b = append(b, p.faint(day)...)
		b = append(b, '\n')
	}
	w := p.shown(r)
	if p.o.Clock != ClockNone {
		b = append(b, p.faint(text.Pad(p.timeColumn(r.Time()), p.timeWidth()))...)
		b = append(b, ' ')
	}
	if r.Gutter() != "" {
		b = append(b, p.faint(r.Gutter())...)
		b = append(b, ' ')
	}
	where, who := text.Truncate(OneLine(w.Where), cutName), text.Truncate(OneLine(w.Who), cutName)
	b = append(b, p.paintWhere(r, where)...)
	b = append(b, padding(where, p.where)...)
	b = append(b, gutter...)
	b = append(b, p.paintWho(r, who)...)
	b = append(b, padding(who, p.who)...)
	b = append(b, gutter...)
	b = append(b, p.highlight(p.lineText(w))...)
	return append(b, '\n')
}

func padding(s string, width int) string { return strings.Repeat(" ", max(0, width-text.Width(s))) }

// lineText is the text column: what terminals get is limited, what agents
// wrote may be 150,000 characters.
func (p *Printer) lineText(w *words) string {
	line := w.Lead + w.Text
	if !p.o.Unsafe {
		line = text.Content(line)
	}
	return OneLine(line)
}

// newDay is the line that announces another day than that of the line before.
func (p *Printer) newDay(r *Record) string {
	if p.o.Clock != ClockTime {
		return ""
	}
	last := p.last
	if last.IsZero() {
		last = p.o.Now()
	}
	t := r.Time().In(p.o.Location)
	if t.Format(time.DateOnly) == last.In(p.o.Location).Format(time.DateOnly) {
		return ""
	}
	return "─── " + t.Format("Mon 2 Jan 2006") + " ───"
}

func (p *Printer) faint(s string) string {
	if !p.o.Color || s == "" {
		return s
	}
	return sgrFaint + s + sgrReset
}

func (p *Printer) paintWhere(r *Record, s string) string {
	if !p.o.Color || r.Where == "" {
		return s
	}
	return colored(s, ColorOf(r.raw.Channel.ID))
}

func (p *Printer) paintWho(r *Record, s string) string {
	if !p.o.Color {
		return s
	}
	if r.From.IsZero() {
		return p.faint(s)
	}
	return colored(s, ColorOf(r.raw.Sender))
}
