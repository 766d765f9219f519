package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"cslack-stream/internal/tui/text"

	"go.yaml.in/yaml/v3"
)

// configReader takes the keys of one file into a configuration, and collects
// everything that is wrong with it.
type configReader struct {
	config *config
	path   string
	errs   []error
}

// read takes what the text of a file says.
func (c *config) read(path string, content []byte) error {
	r := &configReader{config: c, path: path}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	err := decoder.Decode(&document)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return r.syntax(err)
	}
	r.section("", document.Content[0])
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		r.fail(&second, "a second document begins here: want one")
	} else if !errors.Is(err, io.EOF) {
		r.errs = append(r.errs, r.syntax(err))
	}
	return errors.Join(r.errs...)
}

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax is an error of the YAML library, with the place where we have it.
func (r *configReader) syntax(err error) error {
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	place := r.path
	if m[1] != "" {
		place += ":" + m[1]
	}
	return fmt.Errorf("%s: this is no YAML: %s", place, err.Error()[len(m[0]):])
}

func (r *configReader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: %s", r.place(n), fmt.Sprintf(format, args...)))
}

func (r *configReader) place(n *yaml.Node) string { return fmt.Sprintf("%s:%d", r.path, n.Line) }

// section takes the keys of a section; prefix is its name and a dot, empty at
// the top. A section that holds nothing is as good as none.
func (r *configReader) section(prefix string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		what := "the configuration"
		if prefix != "" {
			what = strings.TrimSuffix(prefix, ".")
		}
		r.fail(n, "%s: want keys with values, each in a line", what)
		return
	}
	seen := make(map[string]bool)
	for i := 0; i < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			r.fail(key, "%s is there twice: give it once", text.Line(prefix+key.Value))
			continue
		}
		seen[key.Value] = true
		for depth := 0; v.Kind == yaml.AliasNode && depth < 8; depth++ {
			v = v.Alias
		}
		r.entry(prefix+key.Value, key, v)
	}
}

// entry takes one key or section.
func (r *configReader) entry(name string, at, v *yaml.Node) {
	if k, ok := r.config.find(name); ok {
		r.take(k, name, at, v)
		return
	}
	if r.config.isSection(name) {
		r.section(name+".", v)
		return
	}
	if near := r.config.near(name); near != "" {
		r.fail(at, "unknown key %s, did you mean %s?", text.Line(name), near)
		return
	}
	r.fail(at, "unknown key %s; see: cslack-stream serve --print-config", text.Line(name))
}

// take sets a key that may have been set by its other name already.
func (r *configReader) take(k configKey, name string, at, v *yaml.Node) {
	before, was := yamlText(k.value.get()), r.config.from[k.name]
	if err := k.value.set(v); err != nil {
		r.errs = append(r.errs, k.refuse(r.place(v)+": "+name, v, err))
		return
	}
	if was != "" && yamlText(k.value.get()) != before {
		r.fail(at, "%s says %s, but %s says %s by its other name: give one", name, yamlText(k.value.get()), was, before)
	}
	r.config.from[k.name] = r.place(at)
}

// refuse says what a key wants instead of what it was given.
func (k configKey) refuse(where string, n *yaml.Node, err error) error {
	if !errors.Is(err, errUnwanted) {
		return fmt.Errorf("%s: %w", where, err)
	}
	given := ""
	if n.Kind == yaml.ScalarNode {
		given = " " + quoted(n.Value)
	}
	return fmt.Errorf("%s%s: want %s", where, given, k.value.wants())
}

// find returns the key with this name, or with this other name.
func (c *config) find(name string) (configKey, bool) {
	for _, k := range c.keys {
		if name == k.name || name == k.also {
			return k, true
		}
	}
	return configKey{}, false
}

func (c *config) isSection(name string) bool {
	for _, k := range c.keys {
		if strings.HasPrefix(k.name, name+".") || strings.HasPrefix(k.also, name+".") {
			return true
		}
	}
	return false
}

// near returns what an unknown key probably should be: a key of its section,
// or else one from elsewhere under its full name.
func (c *config) near(name string) string {
	section, last := name[:strings.LastIndexByte(name, '.')+1], name[strings.LastIndexByte(name, '.')+1:]
	var here, anywhere []string
	for _, k := range c.keys {
		for _, full := range []string{k.name, k.also} {
			if rest, ok := strings.CutPrefix(full, section); ok && full != "" {
				first, _, _ := strings.Cut(rest, ".")
				here = append(here, first)
			}
		}
		anywhere = append(anywhere, k.name[strings.LastIndexByte(k.name, '.')+1:])
	}
	if near := text.Nearest(last, here, 1); len(near) > 0 {
		return section + near[0]
	}
	if near := text.Nearest(last, anywhere, 1); len(near) > 0 {
		for i, k := range c.keys {
			if anywhere[i] == near[0] {
				return k.name
			}
		}
	}
	return ""
}

// setText sets a key to what a flag or a variable says: as in the file, except
// that texts need no quotes, and lists no brackets.
func (c *config) setText(k configKey, s, from string) error {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch k.value.(type) {
	case textValue, pathValue, wordValue:
	case listValue:
		n = &yaml.Node{Kind: yaml.SequenceNode}
		for item := range strings.SplitSeq(s, ",") {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(item)})
		}
	default:
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(s), &document); err == nil && len(document.Content) == 1 {
			n = document.Content[0]
		}
	}
	if err := k.value.set(n); err != nil {
		return k.refuse(from, n, err)
	}
	c.from[k.name] = from
	return nil
}
