package roles

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"tandem/activities"
	"tandem/api"
	"tandem/channels"
	"tandem/channels/twilio"
	"tandem/channels/webchat"
	"tandem/config"
	"tandem/console"
	"tandem/domain"
	"tandem/store"
	"tandem/widget"
	"tandem/worker"
)

// newChannels makes every provider the product speaks to.
func newChannels(c config.Config) (channels.Registry, error) {
	sms, err := twilio.New(twilio.Options{BaseURL: c.TwilioBaseURL})
	if err != nil {
		return nil, fmt.Errorf("TANDEM_TWILIO_BASE_URL: %w", err)
	}
	return channels.Registry{domain.ProviderTwilio: sms, domain.ProviderWebchat: webchat.New()}, nil
}

// newPool makes the activities on the ledger and the workers that run them.
func (p *process) newPool() (*worker.Pool, error) {
	address := publicURL(p.o.Config, p.o.HTTP)
	routing, err := activities.NewRouting(p.ledger)
	if err != nil {
		return nil, fmt.Errorf("making activities: %w", err)
	}
	chats, err := activities.NewChats(p.ledger, address)
	if err != nil {
		return nil, fmt.Errorf("making activities: %w", err)
	}
	sending, err := activities.NewSending(activities.SendingOptions{
		Ledger: p.ledger, Senders: p.sender, PublicURL: address, ReconcileAfter: p.o.Config.ReconcileAfter, Log: p.log,
	})
	if err != nil {
		return nil, fmt.Errorf("making activities: %w", err)
	}
	sweeping, err := activities.NewSweeping(p.openChats, pruner{p.ledger}, p.engine, time.Now)
	if err != nil {
		return nil, fmt.Errorf("making activities: %w", err)
	}
	clocks, err := activities.NewClocks(p.ledger, p.log)
	if err != nil {
		return nil, fmt.Errorf("making activities: %w", err)
	}
	notices, err := activities.NewNotices(newPoster(p.o.Config.PrivateWebhooks, p.o.Version))
	if err != nil {
		return nil, fmt.Errorf("making activities: %w", err)
	}
	pool, err := worker.New(p.engine.Temporal(), worker.Deps{
		Routing: routing, Clocks: clocks, Chats: chats, Sending: sending, Notices: notices, Sweeping: sweeping,
	}, worker.Options{Log: p.log, Metrics: p.registry})
	if err != nil {
		return nil, fmt.Errorf("making workers: %w", err)
	}
	return pool, nil
}

func (p *process) sender(provider string) (activities.Sender, bool) {
	c, ok := p.channels[provider]
	return c, ok
}

// newAPI makes the public application.
func (p *process) newAPI() error {
	c := p.o.Config
	var built fs.FS
	if files, ok := console.Files(); ok {
		built = files
	}
	script, _ := widget.Script() // without it /widget.js says that it wasn't built
	keys := make([][]byte, len(c.EncryptionKeys))
	for i, key := range c.EncryptionKeys {
		keys[i] = key.Bytes()
	}
	metrics := api.NewMetrics(p.registry)
	p.hub = api.NewHub(api.HubOptions{
		Log: p.ledger, Bell: p.bell, Metrics: metrics, Logger: p.log, Presence: p.ledger, Places: p.ledger,
	})
	var err error
	p.app, err = api.New(api.Deps{
		Store: p.ledger, Chats: chatCommands{p.engine}, Channels: p.channels, Hub: p.hub, Temporal: p.engine.Health,
		Codec: p.engine.Decoder(), Console: built, Widget: script, PublicURL: publicURL(c, p.o.HTTP),
		TemporalUIURL: c.TemporalUIURL, Keys: keys, Metrics: metrics, Logger: p.log, Version: p.o.Version,
	})
	if err != nil {
		return fmt.Errorf("making the api: %w", err)
	}
	return nil
}

// openChats speaks the ledger's list to the sweep.
func (p *process) openChats(ctx context.Context, after domain.ChatID, limit int) ([]activities.ChatRef, error) {
	open, err := p.ledger.OpenChats(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	refs := make([]activities.ChatRef, len(open))
	for i, chat := range open {
		refs[i] = activities.ChatRef{Account: chat.Account, Chat: chat.Chat}
	}
	return refs, nil
}

// pruner deletes everything in the ledger that has served.
type pruner struct{ ledger *store.Store }

// Prune deletes old events and facts, ended sessions and old idempotency keys.
func (p pruner) Prune(ctx context.Context, eventsBefore, factsBefore time.Time) error {
	if err := p.ledger.Prune(ctx, eventsBefore, factsBefore); err != nil {
		return err
	}
	return p.ledger.PruneSignIns(ctx, time.Now())
}
