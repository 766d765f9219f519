package tui

import (
	"fmt"
	"strings"

	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/text"
)

// meant is what was probably meant by a filter that lets nothing through.
type meant struct {
	filter int // that it is about
	says   string
}

// didYouMean says which filter was probably meant: "from:bob (38 events)". It
// looks through what is held once for each filter.
func (m *model) didYouMean() string {
	if m.meant.filter != m.filterID {
		m.meant = meant{m.filterID, m.nearestTerm()}
	}
	return m.meant.says
}

// nearestTerm is the condition that is nearest to one of the filter's which
// names nobody and nothing that is held.
func (m *model) nearestTerm() string {
	for _, field := range []string{"from", "in"} {
		typed := m.query.Values(field)
		if len(typed) == 0 {
			continue
		}
		names, index := m.heldNames(field)
		for _, name := range typed {
			near := text.Nearest(strings.TrimLeft(name, "@#"), names, 1)
			if len(near) == 0 {
				continue
			}
			term := query.Term(field, index[near[0]], false)
			q, err := query.Parse(term, query.Options{Now: m.now, Location: m.o.Location})
			if err != nil {
				continue
			}
			n := 0
			for r := range m.timeline.Held() {
				if q.Match(r) {
					n++
				}
			}
			if n > 0 && !strings.EqualFold(index[near[0]], name) {
				return fmt.Sprintf("%s   (%s)", term, plural(n, "event"))
			}
		}
	}
	return ""
}

// mostNames bounds what a slip is compared with.
const mostNames = 2000

// heldNames are the senders or channels of the events held, as they are
// compared, and as the filter has them.
func (m *model) heldNames(field string) (names []string, index map[string]string) {
	index = make(map[string]string)
	for r := range m.timeline.Held() {
		as := r.Where
		if field == "from" {
			as = r.From.Name
			if r.From.IsZero() {
				as = r.Who
			}
		}
		bare := strings.TrimLeft(as, "@#~")
		if _, known := index[bare]; bare == "" || known || text.Line(as) != as {
			continue
		}
		index[bare] = as
		if names = append(names, bare); len(names) == mostNames {
			break
		}
	}
	return names, index
}
