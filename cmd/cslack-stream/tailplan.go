package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/text"

	"github.com/spf13/pflag"
)

// tailPlan is what tail was asked to do, checked as far as that is possible
// without looking at the workspace.
type tailPlan struct {
	tailOptions
	// ask tells that the user is to be asked whose stream it is.
	ask bool
	// as is whom watch writes as; empty: it only looks.
	as string
	// started tells that the user said where to start.
	started      bool
	after        event.Cursor
	sinceTime    time.Time
	untilTime    time.Time
	at           time.Time // the moment whose state is asked for
	query        *query.Query
	senders      *query.Query
	include      []*regexp.Regexp
	exclude      []*regexp.Regexp
	printer      line.Options
	foldsRepeats bool
}

// planTail checks everything that was typed, so that nothing is opened for a
// command that can not work.
func planTail(env *environment, o tailOptions, flags *pflag.FlagSet, args []string) (*tailPlan, error) {
	p := &tailPlan{tailOptions: o}
	p.source.noReconnect = o.noReconnect
	if err := p.setAgents(args); err != nil {
		return nil, err
	}
	if err := p.setPrinter(env, flags); err != nil {
		return nil, err
	}
	if err := p.setStart(env, flags); err != nil {
		return nil, err
	}
	if err := p.setFilters(env); err != nil {
		return nil, err
	}
	if _, err := line.NewPrinter(p.printer); err != nil {
		return nil, usageError("%w", err)
	}
	return p, nil
}

// setAgents takes the agents that were named, with --agent or without.
func (p *tailPlan) setAgents(args []string) error {
	p.agents = slices.Concat(args, p.agents)
	for _, name := range p.agents {
		if strings.TrimSpace(name) == "" {
			return usageError("the agent's name is empty: give a name, or leave --agent out to see everything")
		}
	}
	if len(p.agents) > line.MaxSeveral {
		return usageError("%d agents are named: at most %d can be shown together; without any, everything is", len(p.agents), line.MaxSeveral)
	}
	return nil
}

// setStart takes the one place to start.
func (p *tailPlan) setStart(env *environment, flags *pflag.FlagSet) error {
	var given []string
	for name, typed := range map[string]string{"since": "--since", "last": "-n", "since-id": "--since-id", "all": "--all"} {
		if flags.Changed(name) {
			given = append(given, typed)
		}
	}
	slices.Sort(given)
	if len(given) > 1 {
		return usageError("%s both say where to start: give one", strings.Join(given[:2], " and "))
	}
	p.started = len(given) > 0
	switch {
	case p.last < 0:
		return usageError("-n %d: want 0 or more", p.last)
	case p.count < 0:
		return usageError("--count %d: want 1 or more", p.count)
	case flags.Changed("count") && p.count == 0:
		return usageError("--count 0: want 1 or more")
	case p.timeout < 0, flags.Changed("timeout") && p.timeout == 0:
		return usageError("--timeout %v: want a duration such as 30s or 5m", p.timeout)
	}
	if !p.started && p.count > 0 {
		p.last = min(p.last, p.count)
	}
	return p.setTimes(env, flags)
}

func (p *tailPlan) setTimes(env *environment, flags *pflag.FlagSet) (err error) {
	now := env.Now()
	if flags.Changed("since") {
		if p.sinceTime, err = query.ParseTime(p.since, now, p.printer.Location); err != nil {
			return usageError("--since: %w", err)
		}
		if p.sinceTime.After(now) {
			return usageError("--since %s is in the future: it is %s now", quoted(p.since), now.In(p.printer.Location).Format("2006-01-02 15:04:05 MST"))
		}
	}
	if flags.Changed("until") {
		if p.untilTime, err = query.ParseTime(p.until, now, p.printer.Location); err != nil {
			return usageError("--until: %w", err)
		}
		if !p.sinceTime.IsZero() && !p.sinceTime.Before(p.untilTime) {
			return usageError("--until %s is not after --since %s: nothing lies between them", quoted(p.until), quoted(p.since))
		}
	}
	if flags.Changed("since-id") {
		if p.sinceID == "" {
			return usageError("--since-id is empty: want the id of an event, or --all for everything that is retained")
		}
		if p.after, err = event.ParseCursor(p.sinceID); err != nil {
			return usageError("--since-id: %w", err)
		}
	}
	return nil
}

func (p *tailPlan) setFilters(env *environment) (err error) {
	for _, t := range p.types {
		if event.CheckTypePattern(t) != nil {
			return usageError("--type: %s", query.UnknownType(t))
		}
	}
	if p.query, err = query.Parse(p.tailOptions.query, query.Options{Now: env.Now(), Location: p.printer.Location}); err != nil {
		return usageError("--query: %w", err)
	}
	if p.senders, err = parseSenders(p.from); err != nil {
		return err
	}
	if p.include, err = compileAll("-i", p.tailOptions.include); err != nil {
		return err
	}
	if p.exclude, err = compileAll("-e", p.tailOptions.exclude); err != nil {
		return err
	}
	if p.printer.Highlight, err = compileAll("-H", p.highlight); err != nil {
		return err
	}
	// For eyes, and where only the content is shown, a direct message is one
	// line, not one for the message and one for its arrival; unless arrivals
	// were asked for.
	p.foldsRepeats = p.printer.Format == line.FormatText && p.printer.Terminal || p.printer.Format == line.FormatRaw
	if slices.ContainsFunc(p.types, func(t string) bool { return event.DMReceived.Matches(t) && !event.MessageNew.Matches(t) }) {
		p.foldsRepeats = false
	}
	// A recording holds everything, and what is shown is what is recorded.
	if p.tailOptions.record != "" {
		p.foldsRepeats = false
	}
	return nil
}

// parseSenders makes --from what from: is in a query.
func parseSenders(names []string) (*query.Query, error) {
	if len(names) == 0 {
		return nil, nil
	}
	for i, name := range names {
		if strings.TrimSpace(name) == "" {
			return nil, usageError("--from: the name is empty")
		}
		names[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return query.Parse("from:"+strings.Join(names, ","), query.Options{})
}

func compileAll(flag string, patterns []string) ([]*regexp.Regexp, error) {
	var out []*regexp.Regexp
	for _, pattern := range patterns {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, usageError("%s %s: %s", flag, quoted(pattern), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		out = append(out, re)
	}
	return out, nil
}

// setPrinter decides how lines look.
func (p *tailPlan) setPrinter(env *environment, flags *pflag.FlagSet) (err error) {
	o := line.Options{
		Terminal: env.IsTerminal(env.Stdout), Unsafe: p.raw, Clock: line.Clock(p.clock), Location: env.Location, Now: env.Now,
	}
	if p.clock != "" && !slices.Contains(line.Clocks, o.Clock) {
		return usageError("--time %s: want clock, iso, relative, delta or none", quoted(p.clock))
	}
	if o.Color, err = env.useColor(p.color); err != nil {
		return err
	}
	switch {
	case p.utc && p.timezone != "":
		return usageError("--utc and --timezone both say which zone: give one")
	case p.utc:
		o.Location = time.UTC
	case p.timezone != "":
		if o.Location, err = time.LoadLocation(p.timezone); err != nil {
			return usageError("--timezone %s: no such zone, want one such as Europe/Berlin or UTC", quoted(p.timezone))
		}
	}
	if o.Template, err = p.readTemplate(flags); err != nil {
		return err
	}
	if o.Format, err = p.format(flags, o.Template); err != nil {
		return err
	}
	p.printer = o
	return nil
}

func (p *tailPlan) readTemplate(flags *pflag.FlagSet) (string, error) {
	switch {
	case p.template != "" && p.templateFile != "":
		return "", usageError("--template and --template-file both give a template: give one")
	case flags.Changed("template") && p.template == "":
		return "", usageError("--template is empty; %s", text.Line(line.TemplateHelp()))
	case p.templateFile == "":
		return p.template, nil
	}
	data, err := os.ReadFile(p.templateFile)
	if err != nil {
		return "", usageError("--template-file: %w", err)
	}
	return strings.TrimSuffix(string(data), "\n"), nil
}

// format takes -o; a template alone says it too.
func (p *tailPlan) format(flags *pflag.FlagSet, template string) (line.Format, error) {
	asked := flags.Changed("output")
	switch {
	case !asked && template != "":
		return line.FormatTemplate, nil
	case !asked:
		return line.FormatText, nil
	case p.output == "template" && template == "":
		return "", usageError("-o template needs --template or --template-file")
	case p.output != "template" && template != "":
		return "", usageError("-o %s and --template exclude each other: give one", quoted(p.output))
	case p.output == "jsonl":
		return line.FormatJSON, nil
	}
	f := line.Format(p.output)
	if !slices.Contains([]line.Format{line.FormatText, line.FormatJSON, line.FormatRaw, line.FormatTemplate}, f) {
		return "", usageError("-o %s: want text, json, jsonl, raw or template", quoted(p.output))
	}
	return f, nil
}

// request is the stream that the plan asks for, from its beginning.
func (p *tailPlan) request(agents []event.Agent, channels []string) event.Request {
	req := event.Request{
		Operator: len(agents) == 0,
		Filter:   event.Filter{Types: p.types, Channels: channels},
		Audience: len(agents) == 0 && p.tailOptions.record != "",
		After:    p.after, Since: p.sinceTime, Until: p.untilTime,
	}
	if len(agents) > 0 {
		req.Agent, req.Also, req.Audience = agents[0], agents[1:], len(agents) > 1
	}
	return req
}
