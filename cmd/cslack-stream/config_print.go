package main

import (
	"fmt"
	"io"
	"strings"

	"cslack-stream/internal/tui/text"

	"go.yaml.in/yaml/v3"
)

// yamlText is a value as it is written in a file, in one line.
func yamlText(v any) string {
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	n.Style |= yaml.FlowStyle
	out, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// print writes the configuration as a file that loads as it, every key with
// what there is to say about it.
func (c *config) print(w io.Writer) error {
	var b strings.Builder
	from := "there is no file"
	if c.file != "" {
		from = "read from " + text.Line(c.file)
	}
	fmt.Fprintf(&b, "# The configuration of cslack-stream that is in effect; %s.\n", from)
	fmt.Fprintf(&b, "# A flag beats an environment variable, which beats the file. The variable of a\n# key is %s and the key in capitals, with _ for dots and between\n# sections: %s.\n",
		variablePrefix, c.key("event_streaming.batch_size").variable())
	var open []string
	for _, k := range c.keys {
		sections := strings.Split(k.name, ".")
		last := len(sections) - 1
		same := 0
		for same < last && same < len(open) && sections[same] == open[same] {
			same++
		}
		open = sections[:last]
		b.WriteString("\n")
		for ; same < last; same++ {
			fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", same), sections[same])
		}
		indent := strings.Repeat("  ", last)
		for _, line := range folded(k.comment(c.from[k.name]), 78-len(indent)) {
			fmt.Fprintf(&b, "%s# %s\n", indent, line)
		}
		fmt.Fprintf(&b, "%s%s: %s\n", indent, sections[last], yamlText(k.value.get()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// comment is what there is to say about a key; from is what has set it, if
// anything.
func (k configKey) comment(from string) string {
	s := k.doc + " Takes " + k.value.wants() + "."
	switch {
	case k.lacking != "":
		s += " Not in this version."
	case k.reloads:
		s += " SIGHUP reloads it."
	}
	if from != "" {
		s += " Set by " + text.Line(from) + "."
	}
	return s
}

// folded cuts a text into lines of at most width bytes, between words.
func folded(s string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
