package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// SeedOptions is what SeedDemo needs.
type SeedOptions struct {
	// PasswordHash hashes a password as sign-in expects it.
	PasswordHash func(password string) (string, error)
	// Now is when the demo begins; its past chats lie in the days before. Zero means the store's clock.
	Now time.Time
}

// Demo names of the all-in-one: its account, and the password of everybody in it.
const (
	demoAccount  = "demo"
	demoInstance = "localhost"
	demoPassword = "tandem-demo"
)

const lockSeed = `select pg_advisory_xact_lock(hashtext('tandem seed'))`

// SeedDemo writes the demo account if the database has no account at all, and reports whether it did. Everything it
// writes is the same each time but for the dates and the passwords' salts.
func (s *Store) SeedDemo(ctx context.Context, o SeedOptions) (bool, error) {
	seeded := false
	if o.Now.IsZero() {
		o.Now = s.now()
	}
	err := pgx.BeginFunc(ctx, s.system, func(t pgx.Tx) error {
		if _, err := t.Exec(ctx, lockSeed); err != nil {
			return err
		}
		var taken bool
		if err := t.QueryRow(ctx, `select exists (select from accounts)`).Scan(&taken); err != nil || taken {
			return err
		}
		d := demo{now: o.Now.UTC().Truncate(time.Second), batch: &pgx.Batch{}}
		if err := d.people(o.PasswordHash); err != nil {
			return err
		}
		if err := d.channels(s.sealer); err != nil {
			return err
		}
		d.choices()
		if err := d.rules(); err != nil {
			return err
		}
		d.history()
		seeded = true
		return t.SendBatch(ctx, d.batch).Close()
	})
	if err != nil {
		return false, fmt.Errorf("writing the demo account: %w", translate(err))
	}
	return seeded, nil
}

// demo collects the rows of the demo account.
type demo struct {
	now   time.Time
	batch *pgx.Batch
}

// id gives the same id for the same name at the same time: a UUIDv7 whose random part comes from the name.
func (d demo) id(name string, at time.Time) string {
	sum := sha256.Sum256([]byte("tandem demo " + name))
	var u uuid.UUID
	copy(u[6:], sum[:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli()))
	copy(u[:6], ms[2:])
	u[6] = 0x70 | u[6]&0x0f
	u[8] = 0x80 | u[8]&0x3f
	return u.String()
}

func (d demo) born() time.Time { return d.now.AddDate(0, 0, -30) }

func (d demo) user(login string) string  { return d.id("user "+login, d.born()) }
func (d demo) queue(name string) string  { return d.id("queue "+name, d.born()) }
func (d demo) result(name string) string { return d.id("disposition "+name, d.born()) }
func (d demo) channel(key string) string { return d.id("channel "+key, d.born()) }

var demoPeople = []struct {
	login, name string
	role        domain.Role
	queues      []string
}{
	{"super", "Sid Super", domain.RoleSuperAdmin, nil},
	{"admin", "Ann Admin", domain.RoleAdmin, nil},
	{"supervisor", "Sam Supervisor", domain.RoleSupervisor, []string{"Billing"}},
	{"campaigns", "Cam Campaigns", domain.RoleCampaignManager, nil},
	{"operator", "Otto Operator", domain.RoleOperator, nil},
	{"agent1", "Ada Agent", domain.RoleAgent, []string{"Support", "Sales"}},
	{"agent2", "Ben Agent", domain.RoleAgent, []string{"Support"}},
	{"agent3", "Chloe Agent", domain.RoleAgent, []string{"Support"}},
}

func (d demo) people(hash func(string) (string, error)) error {
	d.batch.Queue(`insert into instances (host, features) values ($1, '{mms,previous_interactions}') on conflict do nothing`, demoInstance)
	d.batch.Queue(`insert into accounts (id, name, instance, role_sms, created_at) values ($1, 'Demo', $2, true, $3)`,
		demoAccount, demoInstance, d.born())
	for _, q := range demoQueues {
		d.batch.Queue(`insert into queues (id, account_id, name, priority, created_at) values ($1, $2, $3, $4, $5)`,
			d.queue(q.name), demoAccount, q.name, q.priority, d.born())
	}
	for _, p := range demoPeople {
		password, err := hash(demoPassword)
		if err != nil {
			return fmt.Errorf("hashing the demo password: %w", err)
		}
		d.batch.Queue(`insert into users (id, account_id, email, name, role, password_hash, max_chats, status_since, idle_since, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`,
			d.user(p.login), demoAccount, p.login+"@demo.test", p.name, p.role, password, domain.DefaultMaxChats, d.now, d.born())
		for _, q := range p.queues {
			d.batch.Queue(`insert into queue_members (queue_id, user_id, account_id) values ($1, $2, $3)`,
				d.queue(q), d.user(p.login), demoAccount)
		}
	}
	return nil
}

// Keys of the demo's channels. The SMS number belongs to nobody: the range is set aside for examples.
const (
	demoSMS     = "demo-sms"
	demoWebchat = "demo-webchat"
)

func (d demo) channels(sealer Sealer) error {
	secrets := map[string]string{"account_sid": "ACdeadbeef000000000000000000000001", "auth_token": "demo-twilio-token"} //nolint:gosec // the simulator's
	sealed, err := SealSecrets(sealer, secrets)
	if err != nil {
		return err
	}
	d.batch.Queue(`insert into channels (id, account_id, key, type, provider, name, address, queue_id, secrets, created_at)
		values ($1, $2, $3, $4, $5, 'SMS', '+12025550100', $6, $7, $8)`,
		d.channel(demoSMS), demoAccount, demoSMS, domain.ChannelSMS, domain.ProviderTwilio, d.queue("Support"), sealed, d.born())
	looks, err := json.Marshal(map[string]string{
		"title": "Chat with us", "color": "#2563eb", "greeting": "Hello! How can we help you today?", "allowed_origins": "*",
	})
	if err != nil {
		return err
	}
	d.batch.Queue(`insert into channels (id, account_id, key, type, provider, name, queue_id, settings, created_at)
		values ($1, $2, $3, $4, $5, 'Webchat', $6, $7, $8)`,
		d.channel(demoWebchat), demoAccount, demoWebchat, domain.ChannelWebchat, domain.ProviderWebchat, d.queue("Support"), string(looks), d.born())
	return nil
}

func (d demo) choices() {
	d.dispositions()
	for _, r := range [][3]string{
		{"hi", "Greeting", "Hi, thanks for getting in touch! How can I help you?"},
		{"moment", "One moment", "Let me look into this for you, one moment please."},
		{"order", "Ask for the order number", "Could you tell me your order number? It starts with TD and is in your confirmation e-mail."},
		{"refund", "Refund on its way", "I have started your refund. It reaches your account within 5 working days."},
		{"bye", "Goodbye", "Is there anything else I can do for you? If not, have a lovely day!"},
	} {
		d.batch.Queue(`insert into canned_replies (id, account_id, shortcut, title, text, created_at) values ($1, $2, $3, $4, $5, $6)`,
			d.id("reply "+r[0], d.born()), demoAccount, r[0], r[1], r[2], d.born())
	}
}
