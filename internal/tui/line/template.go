package line

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	gotemplate "text/template"
	"time"

	"cslack-stream/internal/tui/text"
)

// Fields are what a template can show of an event.
type Fields struct {
	ID         string         // full cursor, for --since-id
	Type       string         // message.new
	Time       time.Time      // when it was committed
	Agent      string         // whose stream it is: alice@webapp; empty for an operator
	SeenBy     []string       // with several agents: which of them see it
	Why        string         // why that agent sees it: sender, member, dm-party, …
	Addressed  bool           // it is directed to that agent
	Sender     string         // bob@webapp
	Who        string         // the sender as a line shows it: bob, + erin, system
	Where      string         // #dev, @bob, ~notes
	Text       string         // content, or words for other events
	Line       string         // the text as a line shows it: edited: …
	Channel    Channel        // .ID .Name .Kind
	Thread     string         // id of the thread
	EntityType string         // message, channel, member, agent, link, config
	EntityID   string         // the host's id of it
	Project    string         // project id
	Backfilled bool           // made from the host's tables
	Data       map[string]any // the payload, as on the wire

	record *Record
}

// TemplateHelp lists the fields and functions of templates in two lines.
func TemplateHelp() string {
	var names []string
	t := reflect.TypeFor[Fields]()
	for f := range t.Fields() {
		if f.IsExported() {
			names = append(names, "."+f.Name)
		}
	}
	return "fields: " + strings.Join(names, " ") + "; channel: .Channel.ID .Channel.Name .Channel.Kind\n" +
		`functions: time LAYOUT .Time; color NAME; trunc N TEXT; pad N TEXT; json VALUE`
}

// template is a parsed template.
type template struct {
	t *gotemplate.Template
	o Options
}

// unescape lets a template on a command line say \t and \n.
var unescape = strings.NewReplacer(`\t`, "\t", `\n`, "\n")

func parseTemplate(o Options) (*template, error) {
	t := &template{o: o}
	parsed, err := gotemplate.New("template").Funcs(t.functions()).Parse(unescape.Replace(o.Template))
	if err != nil {
		return nil, templateError(err)
	}
	t.t = parsed
	// A field that does not exist is found now, not at the first event.
	err = parsed.Execute(&bytes.Buffer{}, &Fields{Data: map[string]any{}})
	if err != nil && strings.Contains(err.Error(), "can't evaluate field") {
		return nil, templateError(err)
	}
	return t, nil
}

// templateError is err in one line, with what a template can use.
func templateError(err error) error {
	message := strings.TrimPrefix(err.Error(), "template: ")
	return fmt.Errorf("parse template: %s; %s", message, strings.ReplaceAll(TemplateHelp(), "\n", "; "))
}

func (t *template) functions() gotemplate.FuncMap {
	return gotemplate.FuncMap{
		"time": func(layout string, at time.Time) string { return at.In(t.o.Location).Format(layout) },
		"color": func(s string) string {
			if !t.o.Color {
				return s
			}
			return colored(s, ColorOf(s))
		},
		"trunc": func(n int, s string) string { return text.Truncate(OneLine(s), n) },
		"pad":   func(n int, s string) string { return text.Pad(OneLine(s), n) },
		"json":  jsonOf,
	}
}

// jsonOf is the value as JSON; of the whole event, its JSON line.
func jsonOf(v any) string {
	if f, ok := v.(*Fields); ok && f.record != nil {
		return string(f.record.JSON())
	}
	return string(text.EscapeJSON(encode(v)))
}

// append adds what the template makes of r, ended by a line feed unless it is
// empty.
func (t *template) append(b []byte, r *Record) ([]byte, error) {
	var out bytes.Buffer
	if err := t.t.Execute(&out, t.fields(r)); err != nil {
		return b, fmt.Errorf("fill template for event %s: %w", r.ID(), err)
	}
	if out.Len() == 0 {
		return b, nil
	}
	b = append(b, out.Bytes()...)
	if b[len(b)-1] != '\n' {
		b = append(b, '\n')
	}
	return b, nil
}

func (t *template) fields(r *Record) *Fields {
	w, e, seen := &r.words, r.Event, r.Seen()
	clean := text.Line
	if t.o.Unsafe {
		w, seen, clean = r.raw, r.seenRaw(), func(s string) string { return s }
	}
	f := &Fields{
		ID: r.ID(), Type: clean(string(r.Type())), Time: r.Time().In(t.o.Location),
		Agent: w.Agent, SeenBy: seen, Why: string(r.Why), Addressed: r.Addressed, Sender: w.Sender,
		Who: w.Who, Where: w.Where, Text: w.Text, Line: w.Lead + w.Text, Channel: w.Channel,
		Thread: clean(r.Thread), EntityType: clean(e.EntityType), EntityID: clean(e.EntityID),
		Project: clean(e.Project), Backfilled: e.Backfilled,
		record: r,
	}
	_ = json.Unmarshal(e.Payload, &f.Data)
	if !t.o.Unsafe {
		for k, v := range f.Data {
			f.Data[k] = sanitizeValue(v)
		}
	}
	return f
}

// sanitizeValue returns a decoded JSON value with all its strings sanitised.
func sanitizeValue(v any) any {
	switch v := v.(type) {
	case string:
		return text.Full(v)
	case []any:
		for i := range v {
			v[i] = sanitizeValue(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[text.Line(k)] = sanitizeValue(e)
		}
		return out
	}
	return v
}
