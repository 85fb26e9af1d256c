package store

import (
	"encoding/json"
	"fmt"

	"tandem/domain"
	"tandem/routing"
)

// demoQueues are the lines of the demo, with their priorities.
var demoQueues = []struct {
	name     string
	priority int
}{{"Support", 5}, {"Sales", 5}, {"Billing", 5}}

// demoDispositions are the results of the demo; an entry with a parent stands below it.
var demoDispositions = []struct {
	name, parent string
	callback     bool
}{
	{name: "Resolved"},
	{name: "Refund"},
	{name: "Damaged on arrival", parent: "Refund"},
	{name: "Wrong item", parent: "Refund"},
	{name: "Other reason", parent: "Refund"},
	{name: "Goodwill", parent: "Other reason"},
	{name: "Late delivery", parent: "Other reason"},
	{name: "Follow-up"},
	{name: "Call back", parent: "Follow-up", callback: true},
	{name: "Write again", parent: "Follow-up"},
	{name: "Spam"},
	{name: "No response"},
}

func (d demo) dispositions() {
	for i, r := range demoDispositions {
		var parent *string
		if r.parent != "" {
			id := d.result(r.parent)
			parent = &id
		}
		d.batch.Queue(`insert into dispositions (id, account_id, name, position, parent_id, callback, created_at)
			values ($1, $2, $3, $4, $5, $6, $7)`, d.result(r.name), demoAccount, r.name, i+1, parent, r.callback, d.born())
	}
}

// rules writes policies that show at first sight what routing can do.
func (d demo) rules() error {
	settings := routing.DefaultSettings()
	settings.Sticky.Enabled, settings.Sticky.OnFirstReply, settings.Sticky.FollowsTransfer = true, true, true
	settings.ResumeOverCap = true
	settings.BreakReasons = []string{"Break", "Lunch", "Meeting", "Training", "Coaching"}
	if err := d.version(accountSubject, settings); err != nil {
		return err
	}
	d.batch.Queue(`update accounts set routing = p.body, routing_version = 1 from policies p
		where accounts.id = $1 and p.account_id = $1 and p.subject = $2`, demoAccount, accountSubject)
	for name, policy := range map[string]routing.Policy{"Support": d.supportPolicy(), "Sales": d.salesPolicy()} {
		if err := d.version(d.queue(name), policy.Filled()); err != nil {
			return err
		}
		d.batch.Queue(`update queues set policy = p.body, policy_version = 1 from policies p
			where queues.id = $1 and p.account_id = $2 and p.subject = $1::text`, d.queue(name), demoAccount)
	}
	return nil
}

func (d demo) version(subject string, rules any) error {
	body, err := json.Marshal(rules)
	if err != nil {
		return fmt.Errorf("encoding the demo's rules: %w", err)
	}
	d.batch.Queue(`insert into policies (account_id, subject, version, body, actor_id, at) values ($1, $2, 1, $3, $4, $5)`,
		demoAccount, subject, string(body), d.user("admin"), d.born())
	return nil
}

// supportPolicy is the chain of the product's own first example: my agent, then the team, then everyone, then a callback.
func (d demo) supportPolicy() routing.Policy {
	p := routing.DefaultPolicy()
	p.Fallback = []routing.Step{
		{
			AfterSeconds: 120, Action: routing.ActionText,
			Text: "Thanks for waiting! Everybody is busy at the moment; we answer as soon as we can.",
		},
		{
			AfterSeconds: 300, Action: routing.ActionWiden,
			Queues: []domain.QueueID{domain.QueueID(d.queue("Sales")), domain.QueueID(d.queue("Billing"))},
		},
		{
			AfterSeconds: 600, Action: routing.ActionCallback, CallbackMinutes: 60,
			Text: "We are sorry that nobody could help you yet. We will get back to you within the hour.",
		},
	}
	p.FirstReply = []routing.ReplyStep{
		{AfterSeconds: 60, Action: routing.ReplyRemind},
		{AfterSeconds: 180, Action: routing.ReplyNotify},
	}
	p.Silence = []routing.SilenceStep{
		{AfterSeconds: 900, Action: routing.SilenceWarn, Text: "Are you still there? We close this chat in 15 minutes if we don't hear from you."},
		{AfterSeconds: 1800, Action: routing.SilenceEnd, Text: "We close this chat for now. Write again whenever you like!"},
	}
	p.WrapUp = routing.WrapUp{Seconds: 300, Disposition: domain.DispositionID(d.result("No response"))}
	return p
}

// salesPolicy asks agents before it gives them a chat.
func (d demo) salesPolicy() routing.Policy {
	p := routing.DefaultPolicy()
	p.Strategy, p.OfferSeconds = routing.LeastBusy, 20
	p.FirstReply = []routing.ReplyStep{
		{AfterSeconds: 60, Action: routing.ReplyRemind},
		{AfterSeconds: 300, Action: routing.ReplyRequeue},
	}
	return p
}
