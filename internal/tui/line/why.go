package line

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cslack-stream/internal/engine/event"
)

// Why is a short code for why the watched agent sees an event, as far as the
// event itself proves it. Codes are only ever added.
type Why string

// The codes.
const (
	WhySender    Why = "sender"    // it did it
	WhyDMParty   Why = "dm-party"  // it is a party of the direct channel
	WhyMember    Why = "member"    // it is a member of the channel
	WhyAddressee Why = "addressee" // the event is for it alone
	WhyOwner     Why = "owner"     // they are its notes
	WhySelf      Why = "self"      // the event is about it
	WhyScope     Why = "scope"     // everybody within that scope sees it
	WhyOperator  Why = "operator"  // an operator sees everything
)

func (v View) why(r *Record) Why {
	e := r.Event
	switch {
	case v.Agent.IsZero():
		return WhyOperator
	case e.Agent == v.Agent:
		return WhyAddressee
	case r.raw.Channel.Kind == event.KindNotes:
		return WhyOwner
	}
	about := e.Type == event.MemberJoined || e.Type == event.MemberLeft || strings.HasPrefix(string(e.Type), "agent.")
	switch {
	case about && r.Sent:
		return WhySelf
	case about && r.raw.Channel.ID != "":
		return WhyMember
	case about:
		return WhyScope
	case r.Sent:
		return WhySender
	case r.raw.Channel.Kind == event.KindDirect:
		return WhyDMParty
	case r.membersOnly, strings.HasPrefix(string(e.Type), "message."):
		return WhyMember
	}
	return WhyScope
}

// address decides whether the event is directed to the watched agent.
func (v View) address(r *Record) {
	if v.Agent.IsZero() {
		return
	}
	switch r.Event.Type {
	case event.MessageNew, event.MessageEdited, event.DMReceived:
		r.Mentioned = !r.Sent && v.Names.mentioned(v.Agent, r)
		r.Addressed = r.Mentioned || !r.Sent && r.raw.Channel.Kind == event.KindDirect
	}
	// Somebody's own look at the messages is for it alone, but asks nothing.
	r.Addressed = r.Addressed || r.Event.Agent == v.Agent && r.Event.Type != event.AgentChecked
}

func (n *Names) mentioned(a event.Agent, r *Record) bool {
	return Mentions(r.raw.Text, a.Name, n.Project(a.Project))
}

// Addresses reports whether r, which a may see, is a message directed to a,
// whoever is watched.
func (n *Names) Addresses(a event.Agent, r *Record) bool {
	if r.From == a || !r.HasContent() {
		return false
	}
	return r.Channel.Kind == event.KindDirect || r.Event.Agent == a || n.mentioned(a, r)
}

// Mentions reports whether s mentions an agent of that name: "@alice", in any
// case, and not as a part of a longer name. With something behind another @
// ("@alice@api") only that project is meant; project is the name of the
// agent's, or empty if any is meant.
func Mentions(s, name, project string) bool {
	if name == "" {
		return false
	}
	for before := rune(' '); ; {
		i := strings.IndexByte(s, '@')
		if i < 0 {
			return false
		}
		if i > 0 {
			before, _ = utf8.DecodeLastRuneInString(s[:i])
		}
		s = s[i+1:]
		rest, ok := cutFold(s, name)
		if inWord := isNameRune(before); !ok || inWord || continuesName(rest) {
			before = '@'
			continue
		}
		if of, ok := strings.CutPrefix(rest, "@"); ok && startsName(of) && project != "" {
			if rest, ok = cutFold(of, project); !ok || continuesName(rest) {
				before = '@'
				continue
			}
		}
		return true
	}
}

// cutFold returns s without the prefix, whatever its case.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// continuesName reports whether a name that s follows goes on in s, as bob
// does in "bob-2" and not in "bob." or "bob, please".
func continuesName(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '.') {
		s = s[1:]
	}
	return startsName(s)
}

func startsName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && isNameRune(r)
}

func isNameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
