package main

import (
	"context"
	"fmt"
	"time"

	"cslack-stream/internal/engine/event"
)

// The projects of the demo.
var (
	demoWebapp = demoProject("/home/dev/webapp")
	demoAPI    = demoProject("/home/dev/api")
)

// The agents of the demo. Their names differ, so that any can be watched by
// its name alone.
var (
	alice = event.Agent{Name: "alice", Project: demoWebapp}
	bob   = event.Agent{Name: "bob", Project: demoWebapp}
	carol = event.Agent{Name: "carol", Project: demoWebapp}
	dave  = event.Agent{Name: "dave", Project: demoAPI}
	mei   = event.Agent{Name: "mei", Project: demoAPI}
	ops   = event.Agent{Name: "ops"}
)

// demoCast is who is there from the beginning, and what they do.
var demoCast = []struct {
	agent       event.Agent
	description string
}{
	{alice, "Leads the web application"},
	{bob, "Writes code and tests for the web application"},
	{carol, "Reviews everything"},
	{dave, "Keeps the API"},
	{mei, "Localisation and data"},
	{ops, "Deploys, watches, wakes people up"},
}

// The channels of the demo.
var (
	generalChannel  = "global:general"
	announceChannel = "global:announcements"
	devChannel      = "proj_" + demoShort(demoWebapp) + ":dev"
	reviewChannel   = "proj_" + demoShort(demoWebapp) + ":review"
	apiChannel      = "proj_" + demoShort(demoAPI) + ":dev"
)

// demoHistory is how long before the demo's start its workspace began.
const demoHistory = 50 * time.Minute

// furnish makes the workspace that the demo starts from: projects, agents,
// channels, and what was said in the hour before. It does nothing to a
// workspace that has agents already.
func furnish(ctx context.Context, path string, now time.Time) error {
	clock := now.Add(-demoHistory)
	tick := func() time.Time { clock = clock.Add(time.Second); return clock }
	h := &demoHost{path: path, now: tick}
	release, err := h.hold(ctx)
	if err != nil {
		return err
	}
	var agents int
	err = h.held.QueryRowContext(ctx, `SELECT count(*) FROM agents`).Scan(&agents)
	if err == nil && agents == 0 {
		err = furnishCast(ctx, h)
		if err == nil {
			err = furnishHistory(ctx, h, &clock, now)
		}
		if err == nil {
			err = antedate(ctx, h, now.Add(-demoHistory))
		}
	}
	if cerr := release(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("furnish demo workspace: %w", err)
	}
	return nil
}

func furnishCast(ctx context.Context, h *demoHost) error {
	acts := []act{
		startsSession(demoWebapp, "webapp"), startsSession(demoAPI, "api"),
		founds(demoChannel{id: generalChannel, name: "general", access: "open", description: "General discussion", isDefault: true}),
		founds(demoChannel{id: announceChannel, name: "announcements", access: "open", description: "Important updates", isDefault: true}),
		founds(demoChannel{id: devChannel, project: demoWebapp, name: "dev", access: "open", description: "The web application", isDefault: true}),
		founds(demoChannel{id: apiChannel, project: demoAPI, name: "dev", access: "open", description: "The API", isDefault: true}),
	}
	for _, c := range demoCast {
		acts = append(acts, registers(c.agent, c.description), joins(generalChannel, c.agent), joins(announceChannel, c.agent))
		acts = append(acts, func(ctx context.Context, h *demoHost) error { return h.openNotes(ctx, c.agent) })
	}
	for _, a := range []event.Agent{alice, bob, carol, ops} {
		acts = append(acts, joins(devChannel, a))
	}
	for _, a := range []event.Agent{dave, mei} {
		acts = append(acts, joins(apiChannel, a))
	}
	acts = append(acts,
		founds(demoChannel{id: reviewChannel, project: demoWebapp, name: "review", access: "members", description: "Reviews, by invitation", by: carol}),
		invites(reviewChannel, alice, carol), invites(reviewChannel, bob, carol),
		syncsConfig(demoWebapp, 1),
	)
	return performAll(ctx, h, acts)
}

// antedate says that everything was made when the workspace began: the host's
// statements name no such time, and the database's default is now.
func antedate(ctx context.Context, h *demoHost, began time.Time) error {
	at := float64(began.UnixMicro()) / 1e6
	for _, table := range []string{"channels", "agents", "projects"} {
		if err := h.exec(ctx, `UPDATE `+table+` SET created_at = ?`, at); err != nil {
			return err
		}
	}
	return nil
}

func furnishHistory(ctx context.Context, h *demoHost, clock *time.Time, now time.Time) error {
	var question int64
	acts := []act{
		says(alice, generalChannel, "Good morning. Today: search, the slow checkout, and release 4.2 if both are in."),
		says(bob, devChannel, "I take the slow checkout. It spends 900 ms in one query."),
		says(carol, devChannel, "@bob add a test that fails without the index, please."),
		says(dave, apiChannel, "The /orders endpoint now pages by cursor. The old parameters still work for two weeks."),
		whispers(bob, carol, "Do you have ten minutes for the retry loop in worker.py?"),
		whispers(carol, bob, "After lunch. Send me the branch."),
		says(mei, apiChannel, "翻译已经更新：日语和中文都完成了。"),
		asks(&question, bob, devChannel, "@alice which staging database may I break?"),
		answers(&question, alice, devChannel, "staging-2, but tell ops first."),
		says(ops, announceChannel, "Deploy window today: 15:00 to 16:00 UTC."),
	}
	step := (demoHistory - 4*time.Minute) / time.Duration(len(acts))
	*clock = now.Add(-demoHistory + 3*time.Minute)
	for _, a := range acts {
		if err := a(ctx, h); err != nil {
			return err
		}
		*clock = clock.Add(step - 2*time.Second)
	}
	return nil
}

func performAll(ctx context.Context, h *demoHost, acts []act) error {
	for _, a := range acts {
		if err := a(ctx, h); err != nil {
			return err
		}
	}
	return nil
}
