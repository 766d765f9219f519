package event

import (
	"fmt"
	"strings"
	"time"
)

// Rule names what decides who gets an event. Names are only ever added.
type Rule string

// The rules.
const (
	RuleMember    Rule = "member"    // the members of the channel, and who joins or leaves it
	RuleParty     Rule = "dm-party"  // the two members of the direct channel
	RuleOwner     Rule = "owner"     // the owner of the notes
	RuleAddressee Rule = "addressee" // one agent alone
	RuleExistence Rule = "existence" // everybody for whom the channel exists
	RuleDiscovery Rule = "discovery" // everybody who may know of the agent
	RuleScope     Rule = "scope"     // the agents of the projects that it is about
)

// Why says whether an agent gets an event, by which rule, and what is recorded
// about it. It is about the moment of the event, not about now.
type Why struct {
	Event Cursor    `json:"event"`
	Type  Type      `json:"type"`
	At    time.Time `json:"timestamp"`
	// Agent is whom it is about, as name:project.
	Agent     string `json:"agent"`
	Delivered bool   `json:"delivered"`
	Rule      Rule   `json:"rule"`
	// Channel is where the event happened, as people call it; empty: in none.
	Channel string `json:"channel,omitempty"`
	// Others are those who got it by RuleParty, RuleOwner or RuleAddressee,
	// as name:project.
	Others []string `json:"others,omitempty"`
	// Before and After are the recorded comings and goings of the agent in
	// the channel that are next to the event; nil if none is kept.
	Before *Membership `json:"before,omitempty"`
	After  *Membership `json:"after,omitempty"`
	// Unknown tells that nobody recorded who was a member then: the answer is
	// what the tables said when recording began, at RecordedSince.
	Unknown       bool       `json:"unknown,omitempty"`
	RecordedSince *time.Time `json:"recorded_since,omitempty"`
}

// Membership is one coming or going.
type Membership struct {
	Event  Cursor    `json:"event"`
	At     time.Time `json:"timestamp"`
	Joined bool      `json:"joined"`
}

// Sentence says it for people. who is how the agent is called, and called how
// those are that [Why.Others] names; times are shown in loc. Names are put in
// as they are given: whoever shows the sentence makes them safe.
func (w *Why) Sentence(who string, called func(key string) string, loc *time.Location) string {
	s := who + " did not get it: "
	if w.Delivered {
		s = who + " got it: "
	}
	s += w.because(called, loc) + "."
	switch {
	case !w.Unknown:
	case w.RecordedSince == nil:
		s += " Who was a member then is unknown: nothing was recorded before now, and this is what the tables say now."
	default:
		s += fmt.Sprintf(" Who was a member then is unknown: nothing was recorded before %s, and this is what the tables said at that time.", shown(*w.RecordedSince, loc))
	}
	return s
}

func (w *Why) because(called func(string) string, loc *time.Location) string {
	var others []string
	for _, o := range w.Others {
		others = append(others, called(o))
	}
	them := strings.Join(others, " and ")
	if them == "" {
		them = "nobody"
	}
	switch w.Rule {
	case RuleAddressee:
		return "it is for " + them + " alone"
	case RuleOwner:
		return "they are the notes of " + them
	case RuleParty:
		return "it is in the direct channel of " + them
	case RuleExistence:
		return either(w.Delivered, w.Channel+" existed for it then", w.Channel+" did not exist for it then: it was of another project, or private")
	case RuleDiscovery:
		return either(w.Delivered, "it may know of that agent", "it may not know of that agent")
	case RuleScope:
		return either(w.Delivered, "it is of a project that this is about", "it is of no project that this is about")
	}
	return w.membership(loc)
}

// membership says what made the agent a member of the channel, or not.
func (w *Why) membership(loc *time.Location) string {
	mark := func(m *Membership) string { return fmt.Sprintf("%s (event %s)", shown(m.At, loc), m.Event) }
	switch {
	case w.Delivered && w.Before != nil && w.Before.Event == w.Event:
		return either(w.Before.Joined, "it joined "+w.Channel+" with it", "it left "+w.Channel+" with it")
	case w.Delivered && w.Before != nil && w.Before.Joined:
		return "it was a member of " + w.Channel + " since " + mark(w.Before)
	case w.Delivered:
		return "it was a member of " + w.Channel + "; when it joined is not kept"
	}
	said := "it was not a member of " + w.Channel
	if w.Before != nil && !w.Before.Joined {
		said = "it had left " + w.Channel + " at " + mark(w.Before)
	}
	if w.After != nil && w.After.Joined {
		said += ", and joined it later, at " + mark(w.After)
	}
	return said
}

func either(ok bool, yes, no string) string {
	if ok {
		return yes
	}
	return no
}

func shown(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("2006-01-02 15:04:05 MST")
}
