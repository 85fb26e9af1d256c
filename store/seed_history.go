package store

import (
	"fmt"
	"time"

	"tandem/domain"
)

// demoLine is one line of a past chat: who spoke, how long after the line before, and what.
type demoLine struct {
	side  domain.Side
	after time.Duration
	text  string
}

// demoChat is a past chat of a demo customer.
type demoChat struct {
	daysAgo     int
	agent       string
	disposition string
	note        string
	lines       []demoLine
}

func asks(text string) demoLine { return demoLine{domain.SideCustomer, 40 * time.Second, text} }
func says(text string) demoLine { return demoLine{domain.SideAgent, 35 * time.Second, text} }

var demoCustomers = []struct {
	name, phone string
	chats       []demoChat
}{
	{"Maria Lopez", "+12025550142", []demoChat{
		{21, "agent2", "Resolved", "Told her the opening hours.", []demoLine{
			asks("Hello, are you open on Sundays?"),
			says("Hi Maria! Yes, on Sundays from 10 to 4."),
			asks("Great, thanks"),
			says("You're welcome, see you then!"),
		}},
		{12, "agent1", "Damaged on arrival", "Blue lamp TD-20417 arrived broken, refunded in full.", []demoLine{
			asks("My lamp arrived broken 😞"),
			says("I'm so sorry, Maria. Could you tell me the order number?"),
			asks("TD-20417"),
			says("Thank you. I have started your refund. It reaches your account within 5 working days."),
			asks("That was quick, thank you!"),
		}},
		{3, "agent1", "Write again", "Asks when the green lamp is back; call when it is in stock.", []demoLine{
			asks("Hi, will the green lamp come back?"),
			says("Hi Maria, we expect it at the end of the month. Shall I write to you when it's here?"),
			asks("Yes please"),
			says("I will. Have a lovely day!"),
		}},
	}},
	{"Jonas Berg", "+12025550177", []demoChat{
		{9, "agent3", "Resolved", "Changed the delivery address of TD-20630.", []demoLine{
			asks("Can I still change the delivery address of TD-20630?"),
			says("Hi Jonas, yes: it leaves tomorrow. What is the new address?"),
			asks("12 Hill Street, same town"),
			says("Done, it goes to 12 Hill Street."),
		}},
		{1, "agent2", "No response", "", []demoLine{
			asks("do you sell gift cards"),
			says("Hi Jonas, we do! For which amount would you like one?"),
		}},
	}},
}

// history writes closed chats of a few customers, so that Chat History has something to show at first sight.
func (d demo) history() {
	for _, c := range demoCustomers {
		customer := d.id("customer "+c.phone, d.born())
		identity := d.id("identity "+c.phone, d.born())
		d.batch.Queue(`insert into customers (id, account_id, name, created_at) values ($1, $2, $3, $4)`,
			customer, demoAccount, c.name, d.born())
		d.batch.Queue(`insert into identities (id, account_id, customer_id, kind, address, created_at) values ($1, $2, $3, $4, $5, $6)`,
			identity, demoAccount, customer, identityKind(domain.ChannelSMS), c.phone, d.born())
		for _, chat := range c.chats {
			d.pastChat(chat, customer, identity, c.phone)
		}
	}
}

// pastChat writes a chat as the product would have left it: the customer's first message is number 1, the assignment
// took number 2, everything after counts on.
func (d demo) pastChat(c demoChat, customer, identity, phone string) {
	begun := d.now.AddDate(0, 0, -c.daysAgo).Truncate(24 * time.Hour).Add(10*time.Hour + 7*time.Minute)
	if begun.After(d.now.Add(-time.Hour)) {
		begun = d.now.Add(-time.Hour)
	}
	name := fmt.Sprintf("%s %d", phone, c.daysAgo)
	id := d.id("chat "+name, begun)
	assigned := begun.Add(2 * time.Second)
	agent := d.user(c.agent)
	times, seqs := make([]time.Time, len(c.lines)), make([]int64, len(c.lines))
	at, seq := begun, int64(1)
	for i, line := range c.lines {
		if i > 0 {
			at = at.Add(line.after)
		}
		times[i], seqs[i] = at, seq
		seq++
		if i == 0 {
			seq++
		}
	}
	last := c.lines[len(c.lines)-1]
	closed := at.Add(time.Minute)
	d.batch.Queue(`insert into chats (id, account_id, channel_id, identity_id, customer_id, queue_id, owner_id, phase, outcome, last_seq,
			last_side, last_text, last_message_at, read_seq, queued_at, assigned_at, closed_at, disposition_id, disposed_by, note, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, 'closed', $8, $9, $10, $11, $12, $9, $13, $14, $15, $16, $7, $17, $13)`,
		id, demoAccount, d.channel(demoSMS), identity, customer, d.queue("Support"), agent, domain.OutcomeDisposed, seq-1,
		last.side, last.text, at, begun, assigned, closed, d.result(c.disposition), c.note)
	d.batch.Queue(`insert into assignments (id, account_id, chat_id, user_id, queue_id, channel_type, started_at, ended_at, end_reason, why)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 'disposed', 'The longest idle agent of Support with room for a chat.')`,
		d.id("assignment "+name, assigned), demoAccount, id, agent, d.queue("Support"), domain.ChannelSMS, assigned, closed)
	for i, line := range c.lines {
		var author *string
		status := domain.StatusReceived
		if line.side == domain.SideAgent {
			author, status = &agent, domain.StatusDelivered
		}
		d.batch.Queue(`insert into messages (id, account_id, chat_id, seq, side, kind, text, status, channel_id, author_id, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			d.id(fmt.Sprintf("message %s %d", name, i), times[i]), demoAccount, id, seqs[i], line.side, domain.KindText, line.text,
			status, d.channel(demoSMS), author, times[i])
	}
}
