package api

import (
	"context"
	"sync"
	"time"

	"tandem/domain"
)

// channelLife is how long a channel's settings are taken from memory: each webhook needs them, they hardly ever change,
// and two seconds after a change every node has the new ones.
const channelLife = 2 * time.Second

// channelCache remembers channels by key. Unknown keys are not remembered, so a new channel works at once.
type channelCache struct {
	intake Intake
	now    func() time.Time
	mu     sync.Mutex
	byKey  map[string]cachedChannel
}

type cachedChannel struct {
	channel domain.Channel
	until   time.Time
}

func newChannelCache(intake Intake, now func() time.Time) *channelCache {
	return &channelCache{intake: intake, now: now, byKey: map[string]cachedChannel{}}
}

func (s *server) channel(ctx context.Context, key string) (domain.Channel, error) {
	return s.known.get(ctx, key)
}

func (k *channelCache) get(ctx context.Context, key string) (domain.Channel, error) {
	now := k.now()
	k.mu.Lock()
	hit, ok := k.byKey[key]
	k.mu.Unlock()
	if ok && now.Before(hit.until) {
		return hit.channel, nil
	}
	ch, err := k.intake.ChannelByKey(ctx, key)
	if err != nil {
		return ch, err
	}
	k.mu.Lock()
	k.byKey[key] = cachedChannel{channel: ch, until: now.Add(channelLife)}
	k.mu.Unlock()
	return ch, nil
}
