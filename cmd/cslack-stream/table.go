package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"cslack-stream/internal/tui/text"
)

// table is a list as commands print it: aligned under headings on a terminal,
// tab separated without headings in a pipe, or as JSON. The first column holds
// names, as they can be typed, and the last one words.
type table struct {
	headings []string
	rows     [][]string // sanitised or not: print does it
	objects  []any      // the same for JSON
}

// print writes the table to w. Format is text, json (one array) or jsonl (one
// object a line).
func (t *table) print(w io.Writer, format string, terminal bool) error {
	switch {
	case format == "json":
		if t.objects == nil {
			t.objects = []any{}
		}
		return t.printJSON(w, t.objects)
	case format == "jsonl":
		return t.printJSON(w, t.objects...)
	case format != "text":
		return usageError("-o %s: want text, json or jsonl", quoted(format))
	case terminal:
		return t.printAligned(w)
	}
	var b strings.Builder
	for _, row := range t.rows {
		for i, cell := range row {
			if row[i] = text.Cell(cell); i == 0 {
				row[i] = text.Name(cell)
			}
		}
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *table) printJSON(w io.Writer, values ...any) error {
	var out []byte
	for _, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode list: %w", err)
		}
		out = append(append(out, text.EscapeJSON(b)...), '\n')
	}
	_, err := w.Write(out)
	return err
}

// maxCell is the widest that a column but the last gets.
const maxCell = 40

func (t *table) printAligned(w io.Writer) error {
	rows := append([][]string{t.headings}, t.rows...)
	widths := make([]int, len(t.headings))
	for _, row := range rows {
		for i := range row {
			if i < len(row)-1 {
				row[i] = text.Truncate(text.Name(row[i]), maxCell)
			} else {
				row[i] = text.Line(text.Words(row[i]))
			}
			widths[i] = max(widths[i], text.Width(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(text.Pad(cell, widths[i]) + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
