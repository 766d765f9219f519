package line_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with testdata/name.golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

// defaults are options that give the same lines everywhere and always.
func defaults(o line.Options) line.Options {
	o.Location = time.FixedZone("", 2*60*60)
	o.Now = func() time.Time { return time.Date(2024, 11, 23, 13, 0, 0, 0, time.UTC) }
	return o
}

func printAll(t *testing.T, o line.Options, v line.View, events []*event.Event) []byte {
	t.Helper()
	p, err := line.NewPrinter(defaults(o))
	if err != nil {
		t.Fatal(err)
	}
	var records []*line.Record
	for _, e := range events {
		records = append(records, v.Record(e))
	}
	p.Widen(records)
	var out []byte
	for _, r := range records {
		if out, err = p.Append(out, r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

const fullTemplate = `{{time "15:04:05" .Time}}|{{.Type}}|{{.Where}}|{{.Sender}}|{{.Why}}|{{.Addressed}}|{{.Line | trunc 30}}|{{pad 8 .Who}}|{{.Data.content}}`

// forms are the forms of lines that have golden files.
var forms = map[string]line.Options{
	"terminal": {Terminal: true},
	"color":    {Terminal: true, Color: true, Highlight: []*regexp.Regexp{regexp.MustCompile(`main|s p`), regexp.MustCompile("pass on")}},
	"pipe":     {},
	"json":     {Format: line.FormatJSON},
	"raw":      {Format: line.FormatRaw},
	"template": {Format: line.FormatTemplate, Template: fullTemplate},
}

func TestPrinter_ShowsEveryType(t *testing.T) {
	events := samples(t)
	for _, typ := range event.Types {
		found := false
		for _, e := range events {
			found = found || e.Type == typ
		}
		if !found {
			t.Errorf("no sample of type %s", typ)
		}
	}
	for form, o := range forms {
		golden(t, form, printAll(t, o, line.View{Agent: alice, Names: names()}, events))
	}
	golden(t, "operator", printAll(t, line.Options{Terminal: true}, line.View{Names: names()}, events))
	golden(t, "operator-json", printAll(t, line.Options{Format: line.FormatJSON}, line.View{Names: names()}, events))
}

func TestPrinter_IsSafeWithHostileContent(t *testing.T) {
	for form, o := range forms {
		got := printAll(t, o, line.View{Agent: alice, Names: names()}, hostile(t))
		golden(t, "hostile-"+form, got)
		if form == "color" {
			got = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAll(got, nil)
		}
		if !utf8.Valid(got) {
			t.Errorf("%s: got invalid UTF-8", form)
		}
		for _, r := range string(got) {
			if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f || strings.ContainsRune("\u202e\u2066\u2028\ufeff", r) {
				t.Errorf("%s: got %U in %q", form, r, got)
			}
		}
	}
}

func TestPrinter_PrintsOneLineForAnEvent(t *testing.T) {
	for _, events := range [][]*event.Event{samples(t), hostile(t)} {
		for _, form := range []string{"terminal", "pipe", "json"} {
			got := printAll(t, forms[form], line.View{Agent: alice, Names: names()}, events)
			if n := bytes.Count(got, []byte("\n")); n != len(events) {
				t.Errorf("%s: got %d lines, want %d", form, n, len(events))
			}
			if form != "pipe" {
				continue
			}
			for l := range strings.Lines(string(got)) {
				if n := strings.Count(l, "\t"); n != 5 {
					t.Errorf("got %d tabs in %q, want 5", n, l)
				}
			}
		}
	}
}

func TestPrinter_LimitsWhatTerminalsGetAndNothingElse(t *testing.T) {
	content := strings.Repeat("x\x1b日", 30_000)
	m := &maker{t: t}
	events := []*event.Event{m.add(event.MessageNew, "message", "1", dev, message(bob, dev, content))}
	v := line.View{Agent: alice, Names: names()}
	if got := printAll(t, line.Options{Terminal: true}, v, events); len(got) > text.MaxContent+200 {
		t.Errorf("terminal: got %d bytes, want about %d at most", len(got), text.MaxContent)
	}
	if got, want := string(printAll(t, line.Options{}, v, events)), strings.ReplaceAll(content, "\x1b", "␛")+"\n"; !strings.HasSuffix(got, want) {
		t.Errorf("pipe: got %d bytes, want the whole text", len(got))
	}
	var got struct{ Text string }
	if err := json.Unmarshal(printAll(t, line.Options{Format: line.FormatJSON}, v, events), &got); err != nil || got.Text != content {
		t.Errorf("json: got %d bytes and %v, want the content unchanged", len(got.Text), err)
	}
}

func TestPrinter_UnsafeKeepsContent(t *testing.T) {
	m := &maker{t: t}
	events := []*event.Event{m.add(event.MessageNew, "message", "1", dev, message(bob, dev, "a\x1b[31mb"))}
	v := line.View{Agent: alice, Names: names()}
	for _, o := range []line.Options{{}, {Terminal: true}, {Format: line.FormatRaw}, {Format: line.FormatTemplate, Template: "{{.Text}}"}} {
		o.Unsafe = true
		if got := printAll(t, o, v, events); !bytes.Contains(got, []byte("a\x1b[31mb")) {
			t.Errorf("%s: got %q, want the content unchanged", o.Format, got)
		}
	}
}

func TestPrinter_ShowsTimes(t *testing.T) {
	m := &maker{t: t}
	for range 3 {
		m.add(event.MessageNew, "message", "1", dev, message(bob, dev, "x"))
	}
	m.events[2].CreatedAt = m.events[1].CreatedAt.Add(-26 * time.Hour)
	tests := []struct {
		clock line.Clock
		want  []string
	}{
		{line.ClockTime, []string{"14:30:01", "14:30:02", "─── Fri 22 Nov 2024 ───", "12:30:02"}},
		{line.ClockISO, []string{"2024-11-23T14:30:01.004+02:00", "2024-11-23T14:30:02.004+02:00", "2024-11-22T12:30:02.004+02:00"}},
		{line.ClockRelative, []string{"29m ago ", "29m ago ", "1d ago  "}},
		{line.ClockDelta, []string{"+0ms    ", "+1.0s   ", "-1d02h  "}},
		{line.ClockNone, []string{"#dev", "#dev", "#dev"}},
	}
	for _, tt := range tests {
		got := strings.Split(strings.TrimSpace(string(printAll(t, line.Options{Terminal: true, Clock: tt.clock}, line.View{Agent: alice}, m.events))), "\n")
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %d lines, want %d: %q", tt.clock, len(got), len(tt.want), got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], tt.want[i]) {
				t.Errorf("%s: got %q, want it to begin with %q", tt.clock, got[i], tt.want[i])
			}
		}
	}
}

func TestNewPrinter_NamesTheFieldsOnATemplateError(t *testing.T) {
	for _, tmpl := range []string{"{{.Nope}}", "{{.Text", "{{nofunc .Text}}", "{{.Channel.Nope}}"} {
		_, err := line.NewPrinter(line.Options{Format: line.FormatTemplate, Template: tmpl})
		if err == nil || !strings.Contains(err.Error(), ".Addressed") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with the list of fields", tmpl, err)
		}
	}
}

func TestPrinter_TemplateThatPrintsNothingGivesNoLine(t *testing.T) {
	got := printAll(t, line.Options{Format: line.FormatTemplate, Template: `{{if .Addressed}}{{.Agent}} <- {{.Sender}}\n{{end}}`},
		line.View{Agent: alice, Names: names()}, samples(t))
	want := strings.Repeat("alice@webapp <- bob@webapp\n", 3)
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrinter_TemplateFailsOnlyForTheEventThatLacksSomething(t *testing.T) {
	p, err := line.NewPrinter(defaults(line.Options{Format: line.FormatTemplate, Template: "{{.Data.metadata.priority}}"}))
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{t: t}
	lacking := message(bob, dev, "x")
	with := lacking
	with.Metadata = json.RawMessage(`{"priority":"high"}`)
	v := line.View{Agent: alice}
	if _, err := p.Append(nil, v.Record(m.add(event.MessageNew, "message", "1", dev, lacking))); err == nil {
		t.Error("without metadata: got no error")
	}
	got, err := p.Append(nil, v.Record(m.add(event.MessageNew, "message", "2", dev, with)))
	if err != nil || string(got) != "high\n" {
		t.Errorf("with metadata: got %q and %v, want high", got, err)
	}
}

func TestRecordJSON_LeavesTheEventUntouched(t *testing.T) {
	for _, e := range samples(t) {
		got := (line.View{Agent: alice, Names: names()}).Record(e).JSON()
		if want := e.Wire[:len(e.Wire)-1]; !bytes.HasPrefix(got, want) {
			t.Errorf("got %s, want it to begin with %s", got, want)
		}
		back, err := event.Decode(got)
		if err != nil || back.Cursor != e.Cursor || !bytes.Equal(back.Payload, e.Payload) {
			t.Errorf("decode %s: got %v and %v", got, back, err)
		}
	}
}

func TestRecordJSON_FlattensForeignWire(t *testing.T) {
	e := samples(t)[0]
	e.Wire = []byte("{\n  \"type\": \"x\"\n}\n")
	got := string((line.View{}).Record(e).JSON())
	if !strings.HasPrefix(got, `{"type":"x","agent":null,"why":"operator"`) || strings.Contains(got, "\n") {
		t.Errorf("got %s, want one line", got)
	}
	e.Wire = nil
	if got := string((line.View{}).Record(e).JSON()); !strings.HasPrefix(got, `{"type":"channel.created"`) {
		t.Errorf("without wire form: got %s", got)
	}
}

func TestAppendGap_SaysWhatIsMissing(t *testing.T) {
	g := &event.GapError{
		Reason: event.GapTrimmed, Requested: event.Cursor{Epoch: "a1", Offset: 5}, Oldest: event.Cursor{Epoch: "a1", Offset: 219}, Count: 214,
	}
	want := `{"type":"stream.gap","data":{"reason":"trimmed","requested":"a1-5","oldest":"a1-219","count":214}}` + "\n"
	if got := string(line.AppendGap(nil, g)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	g.Count, g.Requested = -1, event.Cursor{}
	want = `{"type":"stream.gap","data":{"reason":"trimmed","requested":null,"oldest":"a1-219","count":null}}` + "\n"
	if got := string(line.AppendGap(nil, g)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(line.AppendLive(nil)), `{"type":"stream.live"}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFold_HidesWhatRepeats(t *testing.T) {
	var f line.Fold
	v := line.View{Agent: alice}
	var shown []event.Type
	for _, e := range samples(t) {
		if r := v.Record(e); !f.Hides(r) {
			shown = append(shown, r.Type())
		}
	}
	if got, want := len(shown), len(samples(t))-1; got != want {
		t.Errorf("got %d events shown, want %d: %v", got, want, shown)
	}
	var alone line.Fold
	for _, e := range samples(t) {
		if r := v.Record(e); r.Type() == event.DMReceived && alone.Hides(r) {
			t.Error("dm.received without its message.new: got hidden, want shown")
		}
	}
}

func TestMentions_TakesWholeNamesOnly(t *testing.T) {
	for s, want := range map[string]bool{
		"@alice": true, "hi @Alice, look": true, "@alice.": true, "(@alice)": true, "@alice@webapp x": true, "@alice: x": true,
		"@alicent": false, "@alice-bot": false, "@alice_2": false, "mail@alice": false, "@alice@api": false, "alice": false, "": false,
		"@bob @alice": true, "@alice@": true, "@alice.py": false, "@@alice": true,
	} {
		if got := line.Mentions(s, "alice", "webapp"); got != want {
			t.Errorf("Mentions(%q): got %v, want %v", s, got, want)
		}
	}
}

func TestNames_AreUnambiguous(t *testing.T) {
	n := names()
	tests := []struct {
		agent          event.Agent
		near           string
		address, short string
	}{
		{alice, "p-web", "alice@webapp", "alice"},
		{other, "p-web", "alice@api", "alice@api"},
		{alice, "", "alice@webapp", "alice@webapp"},
		{bob, "", "bob@webapp", "bob"},
		{gina, "p-web", "gina@global", "gina"},
		{event.Agent{Name: "zoe", Project: "p-new"}, "", "zoe:p-new", "zoe"},
		{event.Agent{Name: "bob", Project: "p-new"}, "", "bob:p-new", "bob:p-new"},
	}
	for _, tt := range tests {
		if got := n.Address(tt.agent); got != tt.address {
			t.Errorf("Address(%v): got %v, want %v", tt.agent, got, tt.address)
		}
		if got := n.Short(tt.agent, tt.near); got != tt.short {
			t.Errorf("Short(%v, %q): got %v, want %v", tt.agent, tt.near, got, tt.short)
		}
	}
	twice := line.NewNames([]event.AgentInfo{
		{Name: "a", ProjectID: new("1"), ProjectName: new("web")},
		{Name: "b", ProjectID: new("2"), ProjectName: new("web")},
		{Name: "c", ProjectID: new("3"), ProjectName: new("global")},
	})
	for agent, want := range map[event.Agent]string{{Name: "a", Project: "1"}: "a:1", {Name: "c", Project: "3"}: "c:3"} {
		if got := twice.Address(agent); got != want {
			t.Errorf("project names shared: got %v, want %v", got, want)
		}
	}
}

func TestColorOf_IsStableAndNeverRed(t *testing.T) {
	for _, s := range []string{"", "alice@webapp", "bob@webapp", "a", "b", "c", "d", "e", "f", "g", "h"} {
		if c := line.ColorOf(s); c == 1 || c == 9 || c < 0 || c > 15 || c != line.ColorOf(s) {
			t.Errorf("ColorOf(%q): got %v", s, c)
		}
	}
}
