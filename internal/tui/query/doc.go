// Package query reads what people type to narrow a stream: the filter grammar
// that the filter prompt, "tail -q" and "replay -q" share, and times.
//
// A query is a row of terms, all of which must hold:
//
//	word                text, sender or channel contains it; lower case finds any case
//	"a phrase"          the same, with spaces
//	/regexp/            the same, as a regular expression (RE2)
//	from:bob            who did it; alice@webapp, alice@global
//	in:#dev             where; @bob and ~notes too
//	to:@bob             direct messages to bob, and messages that mention bob
//	type:message.*      the type of event
//	is:dm               dm mention sent note edited deleted system waiting;
//	                    waiting: not seen checked yet, as far as it is known
//	seen:alice          with several watched agents: alice sees it
//	only:alice          and no other of them does
//	thread:4831         a message and its thread
//	meta.priority:high  a value in the message's metadata; * if there is any
//	conf:>0.8           the confidence; also >= < <= and plain equality
//	since:10m           not before that time; before:14:30
//
// Commas between the values of a field mean "or", a minus before a term means
// "not". Matching never takes longer than the text is long: regular
// expressions do not backtrack.
package query
