package tui

import (
	"sync"
	"time"
)

// Memory is what is remembered between runs. Its methods are called by
// commands, several at the same time.
type Memory interface {
	// Bookmarks returns those of an agent, who is called by its address. If
	// what was remembered is damaged, the error says what became of it.
	Bookmarks(agent string) ([]Bookmark, error)
	// SetBookmarks replaces the bookmarks of an agent.
	SetBookmarks(agent string, marks []Bookmark) error
	// First reports whether the view has never been shown before, and
	// remembers that it was.
	First() (bool, error)
}

// Bookmark names an event. Offsets mean nothing to another attachment, so it
// does so by what happened to what, and when.
type Bookmark struct {
	Type     string    `json:"type"`
	Entity   string    `json:"entity"`
	EntityID string    `json:"entity_id"`
	Channel  string    `json:"channel,omitempty"`
	Time     time.Time `json:"time"`
	// Where, Who and Text are as the row shows them, the text cut short.
	Where string `json:"where,omitempty"`
	Who   string `json:"who"`
	Text  string `json:"text"`
}

// saver hands the newest bookmarks to a memory, whoever calls it and in
// whatever order.
type saver struct {
	writing sync.Mutex // one at a time
	mu      sync.Mutex
	unsaved map[string][]Bookmark // by agent
}

func newSaver() *saver { return &saver{unsaved: make(map[string][]Bookmark)} }

// put notes what is to be saved.
func (s *saver) put(agent string, marks []Bookmark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved[agent] = marks
}

// save saves what has been put and is not saved yet. What it can not save is
// still to be saved afterwards.
func (s *saver) save(memory Memory) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	all := s.unsaved
	s.unsaved = make(map[string][]Bookmark)
	s.mu.Unlock()
	var failed error
	for agent, marks := range all {
		if err := memory.SetBookmarks(agent, marks); err != nil {
			failed = err
			s.putBack(agent, marks)
		}
	}
	return failed
}

// putBack notes what could not be saved, unless there is something newer.
func (s *saver) putBack(agent string, marks []Bookmark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, newer := s.unsaved[agent]; !newer {
		s.unsaved[agent] = marks
	}
}
