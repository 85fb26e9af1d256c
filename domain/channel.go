package domain

// ChannelType is the kind of digital channel a customer uses.
type ChannelType string

// The channel types.
const (
	ChannelSMS       ChannelType = "sms"
	ChannelWhatsApp  ChannelType = "whatsapp"
	ChannelWebchat   ChannelType = "webchat"
	ChannelMessenger ChannelType = "messenger"
	ChannelX         ChannelType = "x"
)

// Providers that carry channels.
const (
	ProviderTwilio  = "twilio"
	ProviderWebchat = "webchat" // our own widget
)

// Channel is one configured address: an SMS number, a widget.
type Channel struct {
	ID       ChannelID
	Account  AccountID
	Key      string // the word in its webhook's address; unique over all accounts
	Type     ChannelType
	Provider string
	Name     string
	Address  string // our own address on it: the number in E.164; empty for a widget
	Queue    QueueID
	Enabled  bool
	// Secrets are the provider's credentials, decrypted: account_sid, auth_token, auth_token_old.
	Secrets map[string]string
	// Settings are public: a widget's title, colour, greeting, allowed origins.
	Settings map[string]string
}

// NeedsProvider reports whether an agent's message must be carried by a provider's API.
func (c Channel) NeedsProvider() bool { return c.Provider != ProviderWebchat }
