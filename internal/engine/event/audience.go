package event

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"sync"
)

// Roster numbers agents, so that an audience is a bitmap, and interns
// audiences, so that events with the same recipients share one. Numbers are
// given in order from 0 and never reused or taken back.
//
// A Roster is safe for concurrent use. Its zero value is empty and ready.
type Roster struct {
	mu        sync.RWMutex
	agents    []Agent
	numbers   map[Agent]int
	audiences map[string]*Audience
	last      int64
}

// Number returns a's number, and whether it has one.
func (r *Roster) Number(a Agent) (int, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n, ok := r.numbers[a]
	return n, ok
}

// Add returns a's number, giving it one if it has none.
func (r *Roster) Add(a Agent) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, ok := r.numbers[a]; ok {
		return n
	}
	if r.numbers == nil {
		r.numbers = make(map[Agent]int)
	}
	n := len(r.agents)
	r.numbers[a] = n
	r.agents = append(r.agents, a)
	return n
}

// Agents returns the numbered agents; the index is the number. The slice must
// not be changed.
func (r *Roster) Agents() []Agent {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clip(r.agents)
}

// Intern returns the one Audience of the agents whose bits are set in set,
// with the id that was given to that set first. It keeps no reference to set.
func (r *Roster) Intern(set Bitmap) *Audience {
	set = set.trimmed()
	key := set.Bytes()
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.audiences[string(key)]; ok {
		return a
	}
	r.last++
	return r.put(r.last, set.clone(), string(key))
}

// Reserve keeps audience ids up to id from being given again.
func (r *Roster) Reserve(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = max(r.last, id)
}

// Restore makes known an audience that was stored under id, as
// [Bitmap.Bytes]. It refuses numbers that no agent has.
func (r *Roster) Restore(id int64, data []byte) (*Audience, error) {
	set := ParseBitmap(data)
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := set.max(); n >= len(r.agents) {
		return nil, fmt.Errorf("restore audience %d: agent number %d is not in the roster of %d", id, n, len(r.agents))
	}
	r.last = max(r.last, id)
	if a, ok := r.audiences[string(set.Bytes())]; ok && a.ID == id {
		return a, nil
	}
	return r.put(id, set, string(set.Bytes())), nil
}

func (r *Roster) put(id int64, set Bitmap, key string) *Audience {
	if r.audiences == nil {
		r.audiences = make(map[string]*Audience)
	}
	a := &Audience{ID: id, roster: r, set: set}
	r.audiences[key] = a
	return a
}

// Audience is the set of agents permitted to see an event, as of the event's
// commit. It is immutable. A nil Audience includes nobody.
type Audience struct {
	// ID is unique within the roster.
	ID     int64
	roster *Roster
	set    Bitmap
}

// Includes reports whether agent is a recipient.
func (a *Audience) Includes(agent Agent) bool {
	if a == nil {
		return false
	}
	n, ok := a.roster.Number(agent)
	return ok && a.set.Has(n)
}

// Has reports whether the agent with roster number n is a recipient.
func (a *Audience) Has(n int) bool { return a != nil && a.set.Has(n) }

// Set returns the recipients' roster numbers. It must not be changed.
func (a *Audience) Set() Bitmap {
	if a == nil {
		return nil
	}
	return a.set
}

// Agents returns the recipients in the order of their numbers.
func (a *Audience) Agents() []Agent {
	if a == nil {
		return nil
	}
	all := a.roster.Agents()
	var out []Agent
	for n := range a.set.All() {
		out = append(out, all[n])
	}
	return out
}

// Bitmap is a set of small numbers. The zero Bitmap is empty.
type Bitmap []uint64

// Add puts n ≥ 0 into the set.
func (b *Bitmap) Add(n int) {
	for n/64 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

// Has reports whether n is in the set.
func (b Bitmap) Has(n int) bool {
	return n >= 0 && n/64 < len(b) && b[n/64]&(1<<(n%64)) != 0
}

// Union adds all of other.
func (b *Bitmap) Union(other Bitmap) {
	for len(*b) < len(other) {
		*b = append(*b, 0)
	}
	for i, w := range other {
		(*b)[i] |= w
	}
}

// All yields the numbers in rising order.
func (b Bitmap) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// Bytes returns a stored form that is equal for equal sets.
func (b Bitmap) Bytes() []byte {
	out := []byte{} // never nil: an empty set is not NULL
	for _, w := range b {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	n := len(out)
	for n > 0 && out[n-1] == 0 {
		n--
	}
	return out[:n]
}

// ParseBitmap reads the form that [Bitmap.Bytes] writes.
func ParseBitmap(data []byte) Bitmap {
	b := make(Bitmap, (len(data)+7)/8)
	for i, v := range data {
		b[i/8] |= uint64(v) << (8 * (i % 8))
	}
	return b.trimmed()
}

func (b Bitmap) trimmed() Bitmap {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

func (b Bitmap) clone() Bitmap { return append(Bitmap(nil), b...) }

func (b Bitmap) max() int {
	t := b.trimmed()
	if len(t) == 0 {
		return -1
	}
	return len(t)*64 - 1 - bits.LeadingZeros64(t[len(t)-1])
}

// Roster returns the roster that the audience's numbers are of.
func (a *Audience) Roster() *Roster { return a.roster }
