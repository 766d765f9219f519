package line

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/tui/text"
)

// Format is the form of lines.
type Format string

// The forms of lines.
const (
	FormatText     Format = "text"     // columns
	FormatJSON     Format = "json"     // the event on the wire, and what it means to the watched agent
	FormatRaw      Format = "raw"      // the content of messages and notes, nothing else
	FormatTemplate Format = "template" // a Go template
)

// Options says how lines look. The zero Options gives tab separated lines.
type Options struct {
	Format Format
	// Terminal asks for aligned columns, not tab separated ones.
	Terminal bool
	Color    bool
	// Unsafe leaves out sanitising in text, raw and template lines.
	Unsafe bool
	// Clock defaults to ClockTime on a terminal, else to ClockISO.
	Clock Clock
	// Location defaults to time.Local.
	Location *time.Location
	// Now is asked for relative times; it defaults to time.Now.
	Now func() time.Time
	// Template is the Go template of FormatTemplate.
	Template string
	// Highlight marks what it matches, if Color is set.
	Highlight []*regexp.Regexp
}

// Printer turns records into lines. It is not safe for concurrent use: it
// remembers the widths of columns and the time of the line before.
type Printer struct {
	o          Options
	template   *template
	where, who int // widths of columns
	last       time.Time
}

// NewPrinter returns a printer. It fails if the template can not be parsed or
// asks for fields that a record does not have.
func NewPrinter(o Options) (*Printer, error) {
	if o.Format == "" {
		o.Format = FormatText
	}
	if o.Clock == "" {
		o.Clock = ClockISO
		if o.Terminal {
			o.Clock = ClockTime
		}
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Printer{o: o, where: minWhere, who: minWho}
	switch o.Format {
	case FormatText, FormatJSON, FormatRaw:
	case FormatTemplate:
		t, err := parseTemplate(o)
		if err != nil {
			return nil, err
		}
		p.template = t
	default:
		return nil, fmt.Errorf("unknown format %q: want text, json, raw or template", text.Line(string(o.Format)))
	}
	return p, nil
}

// Append adds the line of r to b, with its line feed. It adds nothing if r
// has no line in this format. It fails only if the template does.
func (p *Printer) Append(b []byte, r *Record) ([]byte, error) {
	var err error
	switch {
	case p.o.Format == FormatJSON:
		b = append(r.appendJSON(b), '\n')
	case p.o.Format == FormatRaw:
		b = p.appendRaw(b, r)
	case p.o.Format == FormatTemplate:
		b, err = p.template.append(b, r)
	case p.o.Terminal:
		b = p.appendColumns(b, r)
	default:
		b = p.appendFields(b, r)
	}
	p.last = r.Time()
	return b, err
}

func (p *Printer) appendRaw(b []byte, r *Record) []byte {
	if !r.HasContent() {
		return b
	}
	w := p.shown(r)
	b = append(b, w.Text...)
	if !strings.HasSuffix(w.Text, "\n") {
		b = append(b, '\n')
	}
	return b
}

// shown are the words that this printer may show.
func (p *Printer) shown(r *Record) *words {
	if p.o.Unsafe {
		return r.raw
	}
	return &r.words
}

// appendFields adds a line for other programs: time, id, type, where, who and
// text, separated by tabs, every field there.
func (p *Printer) appendFields(b []byte, r *Record) []byte {
	w := p.shown(r)
	line := r.raw.Lead + r.raw.Text
	switch {
	case p.o.Unsafe:
		line = unsafeField.Replace(line)
	case r.IsMessage:
		line = text.Escape(line)
	default:
		line = text.Cell(line)
	}
	fields := []string{p.timeColumn(r.Time()), r.ID(), text.Line(string(r.Type())), orDash(w.Where), w.Who, line}
	if p.o.Color {
		fields[3] = p.paintWhere(r, fields[3])
		fields[4] = p.paintWho(r, fields[4])
		fields[5] = p.highlight(fields[5])
	}
	b = append(b, strings.Join(fields, "\t")...)
	return append(b, '\n')
}

// unsafeField keeps a line a line even when nothing else is to be sanitised.
var unsafeField = strings.NewReplacer("\\", `\\`, "\n", `\n`, "\t", `\t`)

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// highlight marks what the patterns match, without touching what is between.
func (p *Printer) highlight(s string) string {
	var spans [][]int
	for _, re := range p.o.Highlight {
		spans = append(spans, re.FindAllStringIndex(s, -1)...)
	}
	if len(spans) == 0 {
		return s
	}
	slices.SortFunc(spans, func(a, b []int) int { return a[0] - b[0] })
	var out strings.Builder
	at := 0
	for _, span := range spans {
		from, to := max(span[0], at), span[1]
		if from >= to {
			continue
		}
		out.WriteString(s[at:from] + sgrReverse + s[from:to] + sgrEnd)
		at = to
	}
	return out.String() + s[at:]
}
