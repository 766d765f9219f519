package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"cslack-stream/internal/tui"
)

// notebook is what watch remembers between runs, in the state directory: the
// bookmarks of each agent of a database or server in a file of their own.
type notebook struct {
	dir, where string

	mu     sync.Mutex
	broken map[string]error // why the bookmarks of an agent could not be read
}

// notes is what a file of bookmarks holds. Where and Agent are there for
// people: the name of the file says it to the program.
type notes struct {
	Version   int            `json:"version"`
	Where     string         `json:"where"`
	Agent     string         `json:"agent"`
	Bookmarks []tui.Bookmark `json:"bookmarks"`
}

const notesVersion = 1

// mostNotes bounds a file of bookmarks: whatever is longer is none of ours.
const mostNotes = 1 << 20

// remember returns the memory of a database or server; nil if there is no
// place for one.
func (env *environment) remember(where string) *notebook {
	dir := env.stateDir()
	if dir == "" {
		return nil
	}
	return &notebook{dir: dir, where: where, broken: make(map[string]error)}
}

func (n *notebook) path(agent string) string {
	sum := sha256.Sum256([]byte(n.where + "\x00" + agent))
	return filepath.Join(n.dir, "bookmarks-"+hex.EncodeToString(sum[:8])+".json")
}

// Bookmarks returns the bookmarks of an agent. A file that can not be
// understood is put aside, and the error says where.
func (n *notebook) Bookmarks(agent string) ([]tui.Bookmark, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	path := n.path(agent)
	data, err := readAtMost(path, mostNotes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		// What is there is not written over.
		n.broken[agent] = fmt.Errorf("read bookmarks: %w", err)
		return nil, n.broken[agent]
	}
	var kept notes
	if err := json.Unmarshal(data, &kept); err == nil && kept.Version == notesVersion {
		return kept.Bookmarks, nil
	}
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		n.broken[agent] = fmt.Errorf("put damaged bookmarks aside: %w", err)
		return nil, n.broken[agent]
	}
	return nil, fmt.Errorf("the bookmarks were damaged: they are in %s now", aside)
}

// SetBookmarks replaces the bookmarks of an agent.
func (n *notebook) SetBookmarks(agent string, marks []tui.Bookmark) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.broken[agent]; err != nil {
		return err
	}
	data, err := json.MarshalIndent(notes{notesVersion, n.where, agent, marks}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode bookmarks: %w", err)
	}
	if err := writeState(n.path(agent), append(data, '\n')); err != nil {
		return fmt.Errorf("write bookmarks: %w", err)
	}
	return nil
}

// First reports whether watch has never run before, and remembers that it
// did.
func (n *notebook) First() (bool, error) {
	path := filepath.Join(n.dir, "watched")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err := writeState(path, nil); err != nil {
		return false, fmt.Errorf("remember the first start: %w", err)
	}
	return true, nil
}

// readAtMost reads a file that is not longer than that.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s is longer than %d bytes", path, most)
	}
	return data, err
}
