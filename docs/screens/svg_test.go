package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// piece is one text of a picture.
type piece struct {
	Class  string  `xml:"class,attr"`
	X      float64 `xml:"x,attr"`
	Y      float64 `xml:"y,attr"`
	Length float64 `xml:"textLength,attr"`
	Text   string  `xml:",chardata"`
}

// pieces are the texts of a screen as it is drawn, with the cell each begins
// at and how many cells it takes.
func pieces(t *testing.T, screen string) []string {
	t.Helper()
	svg := draw("a & b", screen, 80, 24)
	var picture struct {
		Title string  `xml:"title"`
		Texts []piece `xml:"text"`
	}
	if err := xml.Unmarshal(svg, &picture); err != nil {
		t.Fatalf("%v in:\n%s", err, svg)
	}
	if picture.Title != "a & b" {
		t.Errorf("got the title %q", picture.Title)
	}
	var out []string
	for _, p := range picture.Texts {
		out = append(out, fmt.Sprintf("%.0f,%.0f+%.0f %s %s", (p.X-margin)/cellWidth, (p.Y-margin-baseline)/cellHeight, p.Length/cellWidth, p.Class, p.Text))
	}
	return out
}

func TestDraw_PutsEveryCharacterIntoItsCell(t *testing.T) {
	for _, tt := range []struct{ name, screen, want string }{
		{"plain", "one two\nthree", "0,0+7 c0 one two|0,1+5 c0 three"},
		{"spaces around", "  in  \n", "2,0+2 c0 in"},
		{"colours", "\x1b[1;32mbob\x1b[0m says \x1b[91mno\x1b[39m.", "0,0+3 c3 b bob|4,0+4 c0 says|9,0+2 c10 no|11,0+1 c0 ."},
		{"a style goes on in the next line", "\x1b[2mone\ntwo\x1b[0m", "0,0+3 c0 f one|0,1+3 c0 f two"},
		{"reverse", "\x1b[7mPAUSED\x1b[27m x", "0,0+6 page PAUSED|7,0+1 c0 x"},
		{"wide", "a日本b", "0,0+1 c0 a|1,0+2 c0 日|3,0+2 c0 本|5,0+1 c0 b"},
		{"emoji of several code points", "👩‍💻!", "0,0+2 c0 👩‍💻|2,0+1 c0 !"},
		{"a rule", "──── x", "0,0+4 c0 ────|5,0+1 c0 x"},
		{"markup", `<b>&"'`, `0,0+6 c0 <b>&"'`},
	} {
		if got := strings.Join(pieces(t, tt.screen), "|"); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestDraw_IsOneElement(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(string(draw("t", "\x1b[7;41m]]>\x1b[0m&amp;\x1b[38;5;9m<!--", 20, 5))))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestZoneFile_MakesItTheOpening(t *testing.T) {
	now := time.Date(2026, 11, 23, 22, 47, 11, 0, time.FixedZone("", 3600))
	zone, err := time.LoadLocationFromTZData("scene", zoneFile(now))
	if err != nil {
		t.Fatal(err)
	}
	if got := now.In(zone).Format(time.TimeOnly); got != "14:32:00" {
		t.Errorf("got %s, want 14:32:00", got)
	}
}

func TestSteady_KeepsTheWidth(t *testing.T) {
	got := steady("time    2025-11-23 14:32:00.751 -02:13 id afc66792-35")
	if want := "time    2026-01-02 14:32:00.751 +00:00 id 4f1d2c3b-35"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRun_SaysWhatIsMissing(t *testing.T) {
	if err := run(t.Context(), options{names: []string{"wtach"}}); err == nil || !strings.Contains(err.Error(), "wtach") && !strings.Contains(err.Error(), "tmux") {
		t.Errorf("got %v, want the scene that there is not", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := run(t.Context(), options{}); err == nil || !strings.HasPrefix(err.Error(), "find tmux: it is not installed") {
		t.Errorf("got %v, want that there is no tmux", err)
	}
}
