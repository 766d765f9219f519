package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

func TestReportExit_SaysOneSafeLine(t *testing.T) {
	tests := []struct {
		err  error
		code int
		line string
	}{
		{nil, 0, ""},
		{errors.New("open log: no such table"), 1, "cslack-stream: open log: no such table\n"},
		{usageError("--since %s: no", quoted("a\x1b[2J\nb")), 2, "cslack-stream: --since \"a␛[2J␊b\": no\n"},
		{fmt.Errorf("run: %w", usageError("x")), 2, "cslack-stream: run: x\n"},
		{notFoundError("no %s", "such"), 3, "cslack-stream: no such\n"},
		{fmt.Errorf("list: %w", event.ErrNotFound), 3, "cslack-stream: list: not found\n"},
		{
			&claudeslack.NotFoundError{Places: []claudeslack.Place{{Name: "--db", Path: "x.db"}}}, 3,
			"cslack-stream: no Claude-Slack database found (looked at x.db): give --db PATH, or look around with: cslack-stream demo\n",
		},
		{&exitError{code: 124}, 124, ""},
		{&exitError{exitLost, errors.New("stream lost")}, 4, "cslack-stream: stream lost\n"},
		{errors.New("two\nlines\x1b[2J"), 1, "cslack-stream: two; lines␛[2J\n"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if got := reportExit(&b, tt.err); got != tt.code || b.String() != tt.line {
			t.Errorf("%v: got %v and %q, want %v and %q", tt.err, got, b.String(), tt.code, tt.line)
		}
	}
}

func TestEnvironment_DecidesAboutColour(t *testing.T) {
	tests := []struct {
		flag     string
		vars     map[string]string
		terminal bool
		want     bool
	}{
		{"auto", nil, true, true},
		{"auto", nil, false, false},
		{"auto", map[string]string{"NO_COLOR": "1"}, true, false},
		{"auto", map[string]string{"NO_COLOR": ""}, true, true},
		{"auto", map[string]string{"CLICOLOR": "0"}, true, false},
		{"auto", map[string]string{"TERM": "dumb"}, true, false},
		{"auto", map[string]string{"CLICOLOR_FORCE": "1"}, false, true},
		{"auto", map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		{"auto", map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, true, false},
		{"always", map[string]string{"NO_COLOR": "1"}, false, true},
		{"never", map[string]string{"CLICOLOR_FORCE": "1"}, true, false},
	}
	for _, tt := range tests {
		env := &environment{
			Getenv:     func(name string) string { return tt.vars[name] },
			IsTerminal: func(any) bool { return tt.terminal },
		}
		if got, err := env.useColor(tt.flag); err != nil || got != tt.want {
			t.Errorf("--color %s, %v, terminal %v: got %v and %v, want %v", tt.flag, tt.vars, tt.terminal, got, err, tt.want)
		}
	}
}

func TestTable_IsForEyesOrPrograms(t *testing.T) {
	rows := func() *table {
		return &table{
			headings: []string{"NAME", "TEXT"}, objects: []any{map[string]int{"a": 1}, map[string]string{"b": "\u009b"}},
			rows: [][]string{{"日本", "x\x1b[2J"}, {"a\u202e\t\\", "two\tfields\nand lines"}},
		}
	}
	tests := []struct {
		format   string
		terminal bool
		want     string
	}{
		{"text", true, "NAME           TEXT\n日本           x\\x1b[2J\na\\u202e\\x09\\\\  two\\x09fields␊and lines\n"},
		{"text", false, "日本\tx\\x1b[2J\na\\u202e\\x09\\\\\ttwo\\tfields\\nand lines\n"},
		{"json", false, "[{\"a\":1},{\"b\":\"\\u009b\"}]\n"},
		{"jsonl", true, "{\"a\":1}\n{\"b\":\"\\u009b\"}\n"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if err := rows().print(&b, tt.format, tt.terminal); err != nil || b.String() != tt.want {
			t.Errorf("%s, terminal %v: got %q and %v, want %q", tt.format, tt.terminal, b.String(), err, tt.want)
		}
	}
	var b bytes.Buffer
	if err := (&table{}).print(&b, "json", false); err != nil || b.String() != "[]\n" {
		t.Errorf("empty: got %q and %v, want []", b.String(), err)
	}
}
