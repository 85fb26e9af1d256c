package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// channelRow is a channel as stored.
type channelRow struct {
	ID        domain.ChannelID
	AccountID domain.AccountID
	Key       string
	Type      domain.ChannelType
	Provider  string
	Name      string
	Address   string
	QueueID   domain.QueueID
	Enabled   bool
	Secrets   []byte
	Settings  map[string]string
}

const channelColumns = `ch.id, ch.account_id, ch.key, ch.type, ch.provider, ch.name, ch.address, ch.queue_id, ch.enabled,
  ch.secrets, ch.settings`

func (s *Store) channel(r channelRow) (domain.Channel, error) {
	secrets, err := s.openSecrets(r.Secrets)
	if err != nil {
		return domain.Channel{}, fmt.Errorf("reading channel %s: %w", r.Key, err)
	}
	if r.Settings == nil {
		r.Settings = map[string]string{}
	}
	return domain.Channel{
		ID: r.ID, Account: r.AccountID, Key: r.Key, Type: r.Type, Provider: r.Provider, Name: r.Name, Address: r.Address,
		Queue: r.QueueID, Enabled: r.Enabled, Secrets: secrets, Settings: r.Settings,
	}, nil
}

var channelByKey = define("channel by key", `select `+channelColumns+` from channels ch where ch.key = @key`)

// ChannelByKey finds a channel of any account by the word in its webhook's address, with its credentials decrypted.
// CodeNotFound with the reason unknown_channel when there is none.
func (s *Store) ChannelByKey(ctx context.Context, key string) (domain.Channel, error) {
	row, err := one[channelRow](ctx, s.system, channelByKey, args{"key": storable(key)})
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.Channel{}, domain.E(domain.CodeNotFound, "no channel has this key").Because("unknown_channel")
	}
	if err != nil {
		return domain.Channel{}, fmt.Errorf("reading a channel: %w", translate(err))
	}
	return s.channel(row)
}

// identityKind says which kind of address customers have on a channel. A phone number is one identity, whatever speaks
// to it; every other kind of channel has addresses of its own.
func identityKind(t domain.ChannelType) string {
	switch t {
	case domain.ChannelSMS:
		return "phone"
	case domain.ChannelWebchat:
		return "visitor"
	case domain.ChannelWhatsApp, domain.ChannelMessenger, domain.ChannelX:
		return string(t)
	default:
		return string(t)
	}
}
