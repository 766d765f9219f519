package line

import (
	"encoding/json"
	"strconv"
	"time"
	"unique"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// Record is one event in the words in which it is shown to the watched agent.
// Its strings are sanitised; [Record.JSON] has them as the host does.
type Record struct {
	Event *event.Event
	// Checked is the payload of agent.checked, as the host has it, else nil.
	Checked *event.Checked
	words
	// From is who did it; zero if that is not known.
	From event.Agent
	// Members are both members of a direct channel, if the event names them.
	Members []event.Agent
	// Why says why the watched agent sees the event.
	Why Why
	// IsMessage tells that the event is about a message or a note: Details has
	// the rest of it.
	IsMessage bool
	// Addressed tells that the event is directed to the watched agent: a
	// direct message to it, or a message that mentions it.
	Addressed bool
	// Mentioned tells that the text mentions the watched agent.
	Mentioned bool
	// Sent tells that the watched agent did it.
	Sent bool
	// Waiting tells that the watched agent has not been seen checking its
	// messages since. It is never set here: who knows, sets it.
	Waiting bool
	// Thread is the id of the thread that the message belongs to, if any.
	Thread string

	// seers are those of several watched agents that see the event; nil with
	// one.
	seers *seers
	// raw are the words as the host has them; mostly they are the same.
	raw *words
	// membersOnly tells that only members know of the channel.
	membersOnly bool
}

// words are the parts of a record that hold text of strangers.
type words struct {
	// Agent is the address of the watched agent; empty for an operator.
	Agent string
	// Sender is the address of who did it; empty if that is not known.
	Sender string
	// Who is the sender as the column shows it: "bob", "+ erin", "system".
	Who string
	// Where is the channel as the column shows it: "#dev", "@bob", "~notes";
	// empty for events of no channel.
	Where string
	// Lead is said before the text: "edited: ", "deleted".
	Lead string
	// Text is the content of messages and notes, and words for other events.
	Text string
	// Channel is where it happened; zero for events of no channel.
	Channel Channel
}

// Channel is the channel of an event.
type Channel struct {
	ID string `json:"id"`
	// Name is the channel as it is shown: "#dev", "@bob", "~notes".
	Name string     `json:"name"`
	Kind event.Kind `json:"kind"`
}

// ID returns the event's cursor in its text form.
func (r *Record) ID() string { return r.Event.Cursor.String() }

// ChannelID returns the id of the channel as the host has it, which tells
// channels apart; empty for events of no channel.
func (r *Record) ChannelID() string { return r.raw.Channel.ID }

// Type returns what happened.
func (r *Record) Type() event.Type { return r.Event.Type }

// Time returns when it was committed.
func (r *Record) Time() time.Time { return r.Event.CreatedAt }

// MessageID returns the host's number of the message or note that the event is
// about; 0 if it is about none.
func (r *Record) MessageID() int64 {
	if !r.IsMessage {
		return 0
	}
	id, _ := strconv.ParseInt(r.Event.EntityID, 10, 64)
	return id
}

// Line returns what the last column of a line says.
func (r *Record) Line() string { return r.Lead + r.Text }

// HasContent reports whether the text is what an agent wrote, and not words
// of ours.
func (r *Record) HasContent() bool {
	switch r.Event.Type {
	case event.MessageNew, event.MessageEdited, event.DMReceived, event.NoteCreated:
		return r.IsMessage
	}
	return false
}

// Details returns the payload of an event about a message or a note, and nil of
// any other. Its strings are as the host has them. It is decoded anew each
// time: records are held by the ten thousand, and few are asked.
func (r *Record) Details() *event.Message {
	var m event.Message
	if !r.IsMessage || json.Unmarshal(r.Event.Payload, &m) != nil {
		return nil
	}
	return &m
}

// seal makes the shown words from the raw ones.
func (r *Record) seal() {
	for _, s := range []*string{&r.raw.Agent, &r.raw.Sender, &r.raw.Who, &r.raw.Where, &r.raw.Lead, &r.raw.Channel.ID, &r.raw.Channel.Name} {
		*s = shared(*s)
	}
	said := text.Words
	if r.IsMessage {
		said = text.Full
	}
	r.words = words{
		Agent:  text.Name(r.raw.Agent),
		Sender: text.Name(r.raw.Sender),
		Who:    text.Name(r.raw.Who),
		Where:  text.Name(r.raw.Where),
		Lead:   text.Words(r.raw.Lead),
		Text:   said(r.raw.Text),
		Channel: Channel{
			ID: text.Name(r.raw.Channel.ID), Name: text.Name(r.raw.Channel.Name), Kind: r.raw.Channel.Kind,
		},
	}
	if *r.raw == r.words {
		r.raw = &r.words
	}
}

// shared returns s, the same for all that are equal: records are held by the
// ten thousand, and say the same names all the time.
func shared(s string) string { return unique.Make(s).Value() }
