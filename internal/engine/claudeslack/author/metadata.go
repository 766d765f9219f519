package author

import (
	"encoding/json"

	"cslack-stream/internal/engine/event/action"
)

// metadata is the JSON object beside a message; nil: there is none. Members
// stay as they were written.
type metadata map[string]json.RawMessage

func parseMetadata(b json.RawMessage) (metadata, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var m metadata
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, action.Refuse(action.Invalid, "the metadata is no JSON object: want {…}")
	}
	return m, nil
}

// with returns the object with one more member. What can not be encoded is a
// mistake of this package.
func (m metadata) with(name string, value any) metadata {
	b, err := json.Marshal(value)
	if err != nil {
		panic("author: " + err.Error())
	}
	if m == nil {
		m = make(metadata)
	}
	m[name] = b
	return m
}

// column is what the database gets: NULL if there is no metadata.
func (m metadata) column() (*string, error) {
	if m == nil {
		return nil, nil //nolint:nilnil // NULL is a value
	}
	b, err := json.Marshal(m)
	s := string(b)
	return &s, err
}
