package author

import (
	"regexp"

	"cslack-stream/internal/engine/event"
)

// mention is one @name in a text, as the host notes it in the metadata.
type mention struct {
	Name    string  `json:"name"`
	Project *string `json:"project_id"`
	Raw     string  `json:"raw"`
}

// mentions are all of a text.
type mentions struct {
	Valid   []mention `json:"valid"`
	Invalid []mention `json:"invalid"`
	Total   int       `json:"total"`
}

// The host's pattern; \w is Unicode's there.
var mentioned = regexp.MustCompile(`@([\p{L}\p{N}_-]+)(?::([\p{L}\p{N}_-]+))?`)

// addMentions notes whom a text mentions, and which of them are in the
// channel.
func (t *tx) addMentions(meta metadata, channel, content string) (metadata, error) {
	found := mentioned.FindAllStringSubmatch(content, -1)
	if len(found) == 0 {
		return meta, nil
	}
	members, err := t.names(channel)
	if err != nil {
		return nil, err
	}
	valid, invalid := []mention{}, []mention{}
	for _, f := range found {
		m := mention{Name: f[1], Raw: "@" + f[1]}
		if f[2] != "" {
			m.Project = &f[2]
			m.Raw += ":" + f[2]
		}
		if members[m.Raw[1:]] {
			valid = append(valid, m)
		} else {
			invalid = append(invalid, m)
		}
	}
	return meta.with("mentions", mentions{valid, invalid, len(found)}), nil
}

// names are the names by which the members of a channel can be mentioned.
func (t *tx) names(channel string) (map[string]bool, error) {
	members, err := t.members(channel)
	names := make(map[string]bool)
	for _, m := range members {
		names[m.Name] = true
		if m.Project != "" {
			names[m.String()] = true
		}
	}
	return names, err
}

// members are the members of a channel.
func (t *tx) members(channel string) ([]event.Agent, error) {
	s, err := t.prepared(`SELECT DISTINCT agent_name,coalesce(agent_project_id,'') FROM channel_members WHERE channel_id=? AND NOT coalesce(opted_out,0)`) //nolint:sqlclosecheck // kept, and closed with the connection
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(t.ctx, channel)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []event.Agent
	for rows.Next() {
		var a event.Agent
		if err := rows.Scan(&a.Name, &a.Project); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
