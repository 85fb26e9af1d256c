package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// crew is the agents the driver makes, signs in and listens as.
type crew struct {
	admin       *person
	client      *http.Client
	base        string
	queue       string
	address     string // the channel's own number
	disposition string
	password    string
	agents      []agent

	ledger atomic.Pointer[ledger]
	drops  atomic.Int64

	mu     sync.Mutex
	ids    map[string]bool   // of the crew's users
	owned  map[int]bool      // customers whose chat a socket showed as owned by the crew
	given  map[int]time.Time // customers → when the owner's socket showed the assignment
	others int               // customers whose chat somebody outside the crew owns
	change chan struct{}
}

type agent struct {
	id     string
	email  string
	person *person
}

type user struct {
	ID         string   `json:"id"`
	Email      string   `json:"email"`
	DisabledAt *string  `json:"disabled_at"`
	QueueIDs   []string `json:"queue_ids"`
}

type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

type chatItem struct {
	ID       string    `json:"id"`
	Phase    string    `json:"phase"`
	QueuedAt time.Time `json:"queued_at"`
	Customer struct {
		Address string `json:"address"`
	} `json:"customer"`
	Queue struct {
		ID string `json:"id"`
	} `json:"queue"`
}

// signInsAtOnce is how many agents sign in at a time: each costs the server a deliberately slow hash.
const signInsAtOnce = 2

func agentEmail(n int) string { return fmt.Sprintf("bench-%03d@bench.invalid", n+1) }

// muster signs the administrator in and makes the agents ready: made or enabled again, members of the channel's queue,
// signed in, listening, available.
func muster(ctx context.Context, o Options, client *http.Client) (*crew, error) {
	admin, err := signIn(ctx, client, o.URL, o.AdminEmail, o.AdminPassword)
	if err != nil {
		return nil, err
	}
	c := &crew{
		admin: admin, client: client, base: o.URL, password: rand.Text(), agents: make([]agent, o.agents()),
		ids: map[string]bool{}, owned: map[int]bool{}, given: map[int]time.Time{}, change: make(chan struct{}, 1),
	}
	if err := c.findChannel(ctx, o.ChannelKey); err != nil {
		return nil, err
	}
	if err := c.refuseForeignWaiters(ctx); err != nil {
		return nil, err
	}
	if o.check != nil {
		if err := o.check(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := c.enable(ctx); err != nil {
		return c, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(signInsAtOnce)
	for i := range c.agents {
		group.Go(func() (err error) {
			return retried(groupCtx, func() error {
				c.agents[i].person, err = signIn(groupCtx, client, o.URL, c.agents[i].email, c.password)
				return err
			})
		})
	}
	return c, group.Wait()
}

func (c *crew) findChannel(ctx context.Context, key string) error {
	var channels page[struct {
		Key     string `json:"key"`
		Address string `json:"address"`
		QueueID string `json:"queue_id"`
	}]
	if err := c.admin.get(ctx, "/api/v1/settings/channels", &channels); err != nil {
		return err
	}
	for _, channel := range channels.Items {
		if channel.Key == key {
			c.queue, c.address = channel.QueueID, channel.Address
		}
	}
	if c.queue == "" {
		return fmt.Errorf("the account has no channel with the key %q", key)
	}
	return c.findDisposition(ctx)
}

// findDisposition chooses a result for the driver's chats: one that asks for nothing more and has none below it.
func (c *crew) findDisposition(ctx context.Context) error {
	var dispositions page[struct {
		ID       string   `json:"id"`
		Disabled bool     `json:"disabled"`
		Callback bool     `json:"callback"`
		ParentID string   `json:"parent_id"`
		QueueIDs []string `json:"queue_ids"`
	}]
	if err := c.admin.get(ctx, "/api/v1/settings/dispositions", &dispositions); err != nil {
		return err
	}
	parents := map[string]bool{}
	for _, d := range dispositions.Items {
		parents[d.ParentID] = true
	}
	for _, d := range dispositions.Items {
		offered := len(d.QueueIDs) == 0 || slices.Contains(d.QueueIDs, c.queue)
		if !d.Disabled && !d.Callback && !parents[d.ID] && offered {
			c.disposition = d.ID
			return nil
		}
	}
	return errors.New("the account has no disposition to close the driver's chats with")
}

// refuseForeignWaiters keeps real customers in line from being assigned to the driver's agents, who never answer.
func (c *crew) refuseForeignWaiters(ctx context.Context) error {
	foreign := 0
	err := eachChat(ctx, c.admin, "view=waiting", func(chat chatItem) {
		if _, ours := customerOf(chat.Customer.Address); !ours && chat.Queue.ID == c.queue {
			foreign++
		}
	})
	if err != nil {
		return err
	}
	if foreign > 0 {
		return fmt.Errorf("%d customers wait in the channel's queue and would be assigned to the driver's agents, who never answer: serve them first", foreign)
	}
	return nil
}

func eachChat(ctx context.Context, p *person, query string, f func(chatItem)) error {
	for cursor := ""; ; {
		var chats page[chatItem]
		if err := p.get(ctx, "/api/v1/chats?limit=200&"+query+"&cursor="+url.QueryEscape(cursor), &chats); err != nil {
			return err
		}
		for _, chat := range chats.Items {
			f(chat)
		}
		if cursor = chats.Next; cursor == "" {
			return nil
		}
	}
}

// enable makes the agents, or takes back into service those an earlier run left.
func (c *crew) enable(ctx context.Context) error {
	known := map[string]user{}
	for cursor := ""; ; {
		var users page[user]
		if err := c.admin.get(ctx, "/api/v1/settings/users?limit=200&cursor="+url.QueryEscape(cursor), &users); err != nil {
			return err
		}
		for _, u := range users.Items {
			known[u.Email] = u
		}
		if cursor = users.Next; cursor == "" {
			break
		}
	}
	for i := range c.agents {
		email := agentEmail(i)
		made := known[email]
		wish := map[string]any{"name": fmt.Sprintf("Bench %d", i+1), "password": c.password, "max_chats": chatsPerAgent, "queue_ids": []string{c.queue}}
		method, path := http.MethodPost, "/api/v1/settings/users"
		if made.ID == "" {
			wish["email"], wish["role"] = email, "agent"
		} else {
			wish["disabled"] = false
			method, path = http.MethodPatch, path+"/"+made.ID
		}
		err := retried(ctx, func() error { return c.admin.send(ctx, method, path, wish, &made) })
		if err != nil {
			return fmt.Errorf("making agent %s: %w", email, err)
		}
		c.agents[i] = agent{id: made.ID, email: email}
		c.ids[made.ID] = true
	}
	return nil
}

// listen opens every agent's socket, waits for their hellos and makes the agents available. The sockets stay open until
// ctx ends; the group is then done. only names the one type of event that is read; empty means all.
func (c *crew) listen(ctx context.Context, group *sync.WaitGroup, only string, onFrame func(agent int) func(frame, time.Time)) error {
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for i, a := range c.agents {
		s := newSocket(streamURL(c.base), a.person.header(), &c.drops, onFrame(i))
		s.only = only
		group.Go(func() { s.run(ctx) })
		if err := s.ready(limited); err != nil {
			return err
		}
	}
	for _, a := range c.agents {
		if err := c.setStatus(limited, a, "available"); err != nil {
			return err
		}
	}
	return nil
}

func (c *crew) setStatus(ctx context.Context, a agent, status string) error {
	err := retried(ctx, func() error {
		return a.person.send(ctx, http.MethodPut, "/api/v1/me/status", map[string]string{"status": status}, nil)
	})
	if err != nil {
		return fmt.Errorf("making %s %s: %w", a.email, status, err)
	}
	return nil
}

func (c *crew) onFrame(f frame, at time.Time) {
	if f.Type == "message.created" {
		if l := c.ledger.Load(); l != nil {
			l.show(f, at)
		}
	}
	if f.Data.Chat.Owner == nil || !strings.HasPrefix(f.Type, "chat.") && !strings.HasPrefix(f.Type, "message.") {
		return
	}
	n, ours := customerOf(f.Data.Chat.Customer.Address)
	if !ours || f.Data.Chat.Phase == "closed" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// An assignment is told to its owner alone; that it was made, others of the queue may hear first.
	if _, known := c.given[n]; f.Type == eventAssigned && !known {
		c.given[n] = at
	}
	if c.owned[n] {
		return
	}
	if !c.ids[f.Data.Chat.Owner.ID] {
		c.others++
		return
	}
	c.owned[n] = true
	select {
	case c.change <- struct{}{}:
	default:
	}
}

// waitOwned waits until every customer's chat is owned by one of the crew.
func (c *crew) waitOwned(ctx context.Context, customers int, limit time.Duration) error {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for {
		c.mu.Lock()
		owned, others := len(c.owned), c.others
		c.mu.Unlock()
		if owned >= customers {
			return nil
		}
		select {
		case <-c.change:
		case <-timeout.C:
			return fmt.Errorf("only %d of %d chats are owned by the driver's agents after %s (%d frames told of other owners)", owned, customers, limit, others)
		case <-ctx.Done():
			return fmt.Errorf("waiting for chats to be owned: %w", ctx.Err())
		}
	}
}

// greetingsAtOnce bounds the answers under way while the agents greet their customers.
const greetingsAtOnce = 4

// greet answers every chat once, as agents do: a customer who was never answered has clocks running (reminders, a requeue)
// that have nothing to do with the messages measured.
func (c *crew) greet(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(greetingsAtOnce)
	for _, a := range c.agents {
		err := eachChat(ctx, a.person, "view=mine", func(chat chatItem) {
			group.Go(func() error {
				body := map[string]string{"client_id": "bench-hello-" + chat.ID, "text": "Hello, how can I help?"}
				return retried(ctx, func() error {
					return a.person.send(ctx, http.MethodPost, "/api/v1/chats/"+chat.ID+"/messages", body, nil)
				})
			})
		})
		if err != nil {
			return errors.Join(err, group.Wait())
		}
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("answering the customers once: %w", err)
	}
	return nil
}

// disposalsAtOnce bounds the commands under way while cleaning up.
const disposalsAtOnce = 8

// dismiss takes the agents off the line, disposes every chat they hold and disables them. It goes on after a failure and reports all of them.
func (c *crew) dismiss(ctx context.Context, progress func(done int)) error {
	var mu sync.Mutex
	var failed []error
	note := func(err error) {
		if err != nil {
			mu.Lock()
			failed = append(failed, err)
			mu.Unlock()
		}
	}
	group := errgroup.Group{}
	group.SetLimit(disposalsAtOnce)
	var done atomic.Int64
	for _, a := range c.agents {
		if a.person == nil {
			continue
		}
		note(c.setStatus(ctx, a, "offline"))
		note(eachChat(ctx, a.person, "view=mine", func(chat chatItem) {
			group.Go(func() error {
				note(c.dispose(ctx, a, chat.ID, cleanUpLimit))
				progress(int(done.Add(1)))
				return nil
			})
		}))
	}
	_ = group.Wait() // every failure is in failed
	for _, a := range c.agents {
		if a.id == "" {
			continue
		}
		note(c.admin.send(ctx, http.MethodPatch, "/api/v1/settings/users/"+a.id, map[string]any{"disabled": true}, nil))
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d steps of the clean-up failed, the first: %w", len(failed), failed[0])
	}
	return nil
}

// dispose ends a chat, again and again while the product asks for that: the engine may be busy with what came before.
// A chat that an earlier try has ended after all, whose answer was lost, is what was wanted.
func (c *crew) dispose(ctx context.Context, a agent, chat string, limit time.Duration) error {
	body := map[string]string{"disposition_id": c.disposition, "note": "load test"}
	err := retriedFor(ctx, limit, func() error {
		return a.person.sendOnce(ctx, "/api/v1/chats/"+chat+"/dispose", "bench-"+chat, body)
	})
	if refusal, ok := errors.AsType[*problem](err); ok && refusal.Code == "chat_closed" {
		return nil
	}
	return err
}
