package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
)

// director makes up what the agents do next: scenes of a few acts each, all
// different, in an order that changes from round to round, for ever.
type director struct {
	rand    *rand.Rand
	scenes  []func() []act // left of this round, next one last
	round   int
	pull    int // number of the last pull request
	workers int // how many helpers have come so far
	linked  bool
	unsaid  map[*string][]string // by list: what has not been picked yet
}

func newDirector(seed uint64) *director {
	return &director{rand: rand.New(rand.NewPCG(seed, 1)), pull: 211, unsaid: make(map[*string][]string)}
}

// next returns the next scene. Every round has each scene once; the first one
// begins with the scene that shows most at a glance.
func (d *director) next() []act {
	if len(d.scenes) == 0 {
		d.round++
		d.scenes = []func() []act{
			d.reviewing, d.helping, d.breaking, d.noting, d.translating, d.pasting, d.regretting,
			d.linking, d.discussing, d.waiting, d.handingOver, d.dumping, d.planning,
		}
		d.rand.Shuffle(len(d.scenes), func(i, j int) { d.scenes[i], d.scenes[j] = d.scenes[j], d.scenes[i] })
		if d.round == 1 {
			d.scenes = append(d.scenes, d.opening)
		}
	}
	last := len(d.scenes) - 1
	scene := d.scenes[last]
	d.scenes = d.scenes[:last]
	return d.watched(scene())
}

// demoLookers are those who look for messages while others talk: each in one
// scene of so many. Alice is not among them: she looks once a round, and mei
// never.
var demoLookers = []struct {
	agent event.Agent
	in    int
}{{bob, 2}, {carol, 2}, {dave, 4}, {ops, 5}}

// watched adds to a scene who looks for messages meanwhile.
func (d *director) watched(scene []act) []act {
	for _, l := range demoLookers {
		if d.rand.IntN(l.in) == 0 {
			scene = slices.Insert(scene, d.rand.IntN(len(scene)+1), checks(l.agent))
		}
	}
	return scene
}

// pick draws from a list, and repeats nothing before all of it was drawn.
func (d *director) pick(list []string) string {
	left := d.unsaid[&list[0]]
	if len(left) == 0 {
		left = slices.Clone(list)
		d.rand.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	}
	d.unsaid[&list[0]] = left[1:]
	return left[0]
}

func (d *director) one(from ...event.Agent) event.Agent { return from[d.rand.IntN(len(from))] }

// opening shows in a few seconds what there is to see.
func (d *director) opening() []act {
	var q int64
	return []act{
		asks(&q, bob, devChannel, "The slow checkout is fixed: 900 ms down to 11. @carol, would you look?"),
		becomes(carol, "busy"),
		answers(&q, carol, devChannel, "Reading it now."),
		whispers(carol, bob, "Nice find. One thing, not for the channel: the index name has a typo."),
		whispers(bob, carol, "Ouch. Thank you. Pushed."),
		edits(&q, "The slow checkout is fixed: 900 ms down to 11. Reviewed by carol."),
		writesNote(new(int64), carol, "bob's indexes: always check the name", "review", "bob"),
		says(mei, apiChannel, "検索の修正を確認しました。問題ありません 👍"),
	}
}

func (d *director) reviewing() []act {
	d.pull++
	author, reviewer := bob, d.one(carol, alice)
	what, file := d.pick(demoFeatures), d.pick(demoFiles)
	title := fmt.Sprintf("#%d: %s", d.pull, what)
	var p, r int64
	acts := []act{
		asks(&p, author, reviewChannel, fmt.Sprintf("%s is ready for review. @%s?", title, reviewer.Name)),
		becomes(reviewer, "busy"),
		answers(&p, reviewer, reviewChannel, fmt.Sprintf("%s:%d: %s", file, 10+d.rand.IntN(200), d.pick(demoRemarks))),
		asks(&r, author, reviewChannel, d.pick(demoAnswers)),
		whispers(reviewer, author, d.pick(demoAsides)),
	}
	if d.rand.IntN(3) == 0 {
		acts = append(acts, edits(&r, "Fixed in the last push, see the test I added."))
	}
	return append(acts,
		answers(&p, reviewer, reviewChannel, "Approved."),
		says(author, devChannel, fmt.Sprintf("Merged %s", title)),
	)
}

// helping is an agent that comes, does one thing and goes.
func (d *director) helping() []act {
	d.workers++
	w := event.Agent{Name: fmt.Sprintf("worker-%d", 1+(d.workers-1)%9), Project: demoWebapp}
	task := d.pick(demoTasks)
	return []act{
		registers(w, "Started by alice for one task"),
		invites(devChannel, w, alice),
		whispers(alice, w, "Please "+task+", and report in #dev."),
		says(w, devChannel, "Starting: "+task+"."),
		becomes(w, "busy"),
		says(w, devChannel, fmt.Sprintf("Done: %d files changed, %d tests added, all green.", 1+d.rand.IntN(14), d.rand.IntN(9))),
		whispers(w, alice, "Done. Anything else?"),
		whispers(alice, w, "No, thank you."),
		leaves(devChannel, w),
		becomes(w, "offline"),
	}
}

// breaking is an incident, with a channel of its own.
func (d *director) breaking() []act {
	name := fmt.Sprintf("incident-%d", 40+d.round)
	channel := "global:" + name
	var alarm int64
	return []act{
		alarms(&alarm, ops, announceChannel, "@dave "+d.pick(demoAlarms)),
		founds(demoChannel{id: channel, name: name, access: "open", description: "What is going on?", by: ops}),
		joins(channel, ops), joins(channel, dave), joins(channel, alice),
		becomes(dave, "busy"),
		says(dave, channel, d.pick(demoSuspicions)),
		says(ops, channel, "Traffic is on the old version again."),
		describes(channel, "Mitigated; looking for the cause"),
		says(dave, channel, "Found it: "+d.pick(demoCauses)),
		says(ops, channel, "🟢 Error rate is back to normal."),
		edits(&alarm, "Resolved, see #"+name+"."),
		leaves(channel, alice),
		archives(channel),
	}
}

func (d *director) noting() []act {
	who := d.one(alice, bob, dave)
	var n int64
	return []act{
		writesNote(&n, who, d.pick(demoNotes), d.pick(demoTags)),
		writesNote(new(int64), who, d.pick(demoNotes)),
		retags(&n, d.pick(demoTags), "done"),
	}
}

func (d *director) translating() []act {
	var t int64
	return []act{
		asks(&t, mei, apiChannel, d.pick(demoChinese)),
		answers(&t, dave, apiChannel, d.pick(demoJapanese)),
		says(mei, generalChannel, d.pick(demoEmoji)),
		says(d.one(alice, carol), generalChannel, "👏 "+d.pick(demoThanks)),
	}
}

// pasting is somebody who pastes what a program printed, as it was: all that
// a terminal, a stream or a page could be tricked with.
func (d *director) pasting() []act {
	var p int64
	return []act{
		says(dave, apiChannel, "Raw output of the failing job, unedited:"),
		asks(&p, dave, apiChannel, d.pick(demoHostile)),
		says(dave, apiChannel, d.pick(demoHostile)),
		answers(&p, mei, apiChannel, "Is your terminal all right?"),
		says(dave, apiChannel, "Why would it not be?"),
	}
}

// regretting is something said in the wrong place.
func (d *director) regretting() []act {
	who := d.one(bob, dave)
	var oops int64
	return []act{
		asks(&oops, who, generalChannel, "The new password of staging-2 is hunter"+fmt.Sprint(2+d.rand.IntN(90))),
		whispers(carol, who, "That was #general."),
		deletes(&oops, who),
		says(who, generalChannel, "Nothing to see here. Rotating a password."),
	}
}

// linking connects the projects and, a round later, parts them again.
func (d *director) linking() []act {
	sync := syncsConfig(demoWebapp, 1+d.round)
	again := startsSession(demoWebapp, "webapp") // a session is forgotten after a day
	if d.linked {
		d.linked = false
		return []act{again, sync, unlinksProjects(demoWebapp, demoAPI), says(alice, devChannel, "The projects webapp and api go separate ways again.")}
	}
	d.linked = true
	return []act{
		again, startsSession(demoAPI, "api"), sync,
		linksProjects(demoWebapp, demoAPI),
		says(ops, announceChannel, "The projects webapp and api are linked now: everyone can see everyone."),
		joins(apiChannel, bob),
		says(bob, apiChannel, "Hello from webapp. Is the /orders change out?"),
		says(dave, apiChannel, "@bob since this morning."),
		leaves(apiChannel, bob),
	}
}

func (d *director) discussing() []act {
	topic := d.pick(demoTopics)
	var t int64
	return []act{
		asks(&t, alice, devChannel, topic+" Opinions?"),
		answers(&t, bob, devChannel, d.pick(demoOpinions)),
		answers(&t, carol, devChannel, d.pick(demoOpinions)),
		answers(&t, bob, devChannel, "Half of that is right."),
		answers(&t, alice, devChannel, "Decided: we try it for a week. "+d.pick(demoOpinions)),
	}
}

// waiting is a question that nobody answers.
func (d *director) waiting() []act {
	q := d.pick(demoQuestions)
	return []act{
		says(bob, devChannel, "@alice "+q),
		checks(alice),
		whispers(bob, alice, "Did you see my question in #dev?"),
		becomes(bob, "waiting"),
	}
}

func (d *director) handingOver() []act {
	var m int64
	return []act{
		asksInPrivate(&m, bob, dave, "The client for "+d.pick(demoFeatures)+" is yours from here. Branch: handover-"+fmt.Sprint(d.round)),
		becomes(dave, "busy"),
		whispers(dave, bob, "Got it. Which tests do I run?"),
		edits(&m, "The client is yours from here. Branch: handover-"+fmt.Sprint(d.round)+". Run make test."),
		whispers(dave, bob, "That answers it."),
		checks(bob),
	}
}

// dumping is one very long message.
func (d *director) dumping() []act {
	var b strings.Builder
	b.WriteString("Profile of the last hour, all of it:\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%6.2f%%  %8d ms  %s in %s\n", 30/float64(i+1), 90000/(i+1), d.pick(demoFunctions), d.pick(demoFiles))
	}
	return []act{
		says(bob, devChannel, b.String()),
		says(carol, devChannel, "@bob next time as a file, please."),
		says(bob, devChannel, "Understood."),
	}
}

// planning is a channel that only those invited know of.
func (d *director) planning() []act {
	name := fmt.Sprintf("release-5.%d", d.round)
	channel := "proj_" + demoShort(demoWebapp) + ":" + name
	return []act{
		founds(demoChannel{id: channel, project: demoWebapp, name: name, access: "private", description: "Until it is announced", by: alice}),
		invites(channel, carol, alice),
		says(alice, channel, "Not a word in #general yet. Which of these can slip: "+d.pick(demoFeatures)+", or "+d.pick(demoFeatures)+"?"),
		says(carol, channel, "The second. Nobody has asked for it."),
		says(alice, announceChannel, fmt.Sprintf("Release 5.%d is planned for Thursday.", d.round)),
		leaves(channel, carol),
	}
}
