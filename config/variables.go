package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Variable describes one environment variable, for documents and for tests that compare files with the code.
type Variable struct {
	Name string
	// Default is the value taken when the variable is unset or empty; it may itself be empty.
	Default  string
	Required bool
	// Secret variables are never printed.
	Secret bool
	// About is one sentence for an operator.
	About string
}

type variable struct {
	Variable
	// wayOut is what to do about a missing or wrong value.
	wayOut string
	// set reads the value; nil for variables that are only passed on.
	set          func(*Config, string) error
	forMigration bool
}

// maxReconcileAfter keeps the wait inside the time-out of one attempt to send.
const maxReconcileAfter = time.Minute

var variables = []variable{
	{
		Variable: Variable{
			Name: "TANDEM_DATABASE_URL", Required: true, Secret: true,
			About: "Address of PostgreSQL (14 or later) with user and password, `postgres://…`.",
		},
		wayOut: "give a postgres:// address with user, password, host and database", forMigration: true,
		set: func(c *Config, v string) error {
			if err := checkURL(v, "postgres", "postgresql"); err != nil {
				return err
			}
			c.DatabaseURL = Secret(v)
			return nil
		},
	},
	{
		Variable: Variable{
			Name: "TANDEM_ENCRYPTION_KEY", Required: true, Secret: true,
			About: "32 random bytes in base64; seals provider credentials, visitor tokens and workflow payloads. To rotate, put the new key first and keep the old ones after it, separated by commas.",
		},
		wayOut: "make one with `openssl rand -base64 32` and keep it: what it sealed can't be read without it",
		set: func(c *Config, v string) (err error) {
			c.EncryptionKeys, err = ParseKeys(v)
			return err
		},
	},
	{
		Variable: Variable{
			Name: "TANDEM_LISTEN", Default: "127.0.0.1:8080",
			About: "Where the console, the API, the webhooks and the widget are served.",
		},
		wayOut: "give host:port, e.g. 127.0.0.1:8080", set: setListen(func(c *Config) *string { return &c.Listen }),
	},
	{
		Variable: Variable{
			Name: "TANDEM_OPS_LISTEN", Default: "127.0.0.1:9090",
			About: "Where metrics, health and profiles are served. Never expose it to the internet.",
		},
		wayOut: "give host:port, e.g. 127.0.0.1:9090", set: setListen(func(c *Config) *string { return &c.OpsListen }),
	},
	{
		Variable: Variable{
			Name:  "TANDEM_PUBLIC_URL",
			About: "The address under which providers and browsers reach `TANDEM_LISTEN`; by default `http://` and the listen address. Webhook signatures are checked against it.",
		},
		wayOut: "give the outside address, e.g. https://chat.example.com", set: setURL(func(c *Config) *string { return &c.PublicURL }),
	},
	{
		Variable: Variable{
			Name:  "TANDEM_TEMPORAL_UI_URL",
			About: "Where operators open the Temporal UI; pages of this origin may ask the codec endpoint to decode payloads.",
		},
		wayOut: "give the UI's address, e.g. https://temporal.example.com", set: setURL(func(c *Config) *string { return &c.TemporalUIURL }),
	},
	{
		Variable: Variable{
			Name: "TANDEM_TWILIO_BASE_URL", Default: "https://api.twilio.com",
			About: "Address of Twilio's API; tests and the simulator put their own here.",
		},
		wayOut: "leave it unset for Twilio itself", set: setURL(func(c *Config) *string { return &c.TwilioBaseURL }),
	},
	{
		Variable: Variable{
			Name: "TANDEM_META_BASE_URL", Default: "https://graph.facebook.com",
			About: "Address of Meta's Graph API.",
		},
		wayOut: "leave it unset for Meta itself", set: setURL(func(c *Config) *string { return &c.MetaBaseURL }),
	},
	{
		Variable: Variable{
			Name: "TANDEM_X_BASE_URL", Default: "https://api.x.com",
			About: "Address of X's API.",
		},
		wayOut: "leave it unset for X itself", set: setURL(func(c *Config) *string { return &c.XBaseURL }),
	},
	{
		Variable: Variable{
			Name: "TANDEM_LOG_LEVEL", Default: "info",
			About: "`debug`, `info`, `warn` or `error`.",
		},
		wayOut: "use debug, info, warn or error", forMigration: true,
		set: func(c *Config, v string) error { return c.LogLevel.UnmarshalText([]byte(v)) },
	},
	{
		Variable: Variable{
			Name: "TANDEM_LOG_FORMAT", Default: "json",
			About: "`json` for machines, `text` for people.",
		},
		wayOut: "use json or text", forMigration: true,
		set: func(c *Config, v string) error {
			c.LogFormat = LogFormat(v)
			if c.LogFormat != LogJSON && c.LogFormat != LogText {
				return fmt.Errorf("%q is no log format", v)
			}
			return nil
		},
	},
	{
		Variable: Variable{
			Name: "TANDEM_RECONCILE_AFTER", Default: "30s",
			About: "How long after a send of unknown outcome the provider is asked what became of it.",
		},
		wayOut: "give a duration between 1s and 1m, e.g. 30s",
		set: func(c *Config, v string) (err error) {
			if c.ReconcileAfter, err = time.ParseDuration(v); err != nil {
				return fmt.Errorf("%q is no duration", v)
			}
			if c.ReconcileAfter < time.Second || c.ReconcileAfter > maxReconcileAfter {
				return fmt.Errorf("%s is out of range", c.ReconcileAfter)
			}
			return nil
		},
	},
	{
		Variable: Variable{
			Name: "TANDEM_PRIVATE_WEBHOOKS", Default: "false",
			About: "`true` lets notices of routing rules be posted to this machine and to private networks too; leave it off unless the receivers live there.",
		},
		wayOut: "use true or false",
		set: func(c *Config, v string) (err error) {
			if c.PrivateWebhooks, err = strconv.ParseBool(v); err != nil {
				return fmt.Errorf("%q is neither true nor false", v)
			}
			return nil
		},
	},
	{
		Variable: Variable{
			Name: "TEMPORAL_ADDRESS", Default: "127.0.0.1:7233",
			About: "The Temporal frontend, host:port.",
		},
		wayOut: "give host:port, e.g. temporal.example.com:7233", set: setListen(func(c *Config) *string { return &c.Temporal.Address }),
	},
	{
		Variable: Variable{
			Name: "TEMPORAL_NAMESPACE", Default: "default",
			About: "The Temporal namespace Tandem's workflows run in.",
		},
		wayOut: "give the namespace's name",
		set:    func(c *Config, v string) error { c.Temporal.Namespace = v; return nil },
	},
	passedOn("TEMPORAL_API_KEY", true, "API key for Temporal Cloud; switches TLS on."),
	passedOn("TEMPORAL_TLS", false, "`true` to speak TLS with Temporal."),
	passedOn("TEMPORAL_TLS_CLIENT_CERT_PATH", false, "Client certificate for mutual TLS."),
	passedOn("TEMPORAL_TLS_CLIENT_KEY_PATH", false, "Key of the client certificate."),
	passedOn("TEMPORAL_TLS_SERVER_CA_CERT_PATH", false, "Authority that signed Temporal's certificate, when it isn't a public one."),
	passedOn("TEMPORAL_TLS_SERVER_NAME", false, "Name expected in Temporal's certificate, when it isn't the address."),
	passedOn("TEMPORAL_CONFIG_FILE", false, "A Temporal profile file (TOML), shared with the `temporal` command line."),
	passedOn("TEMPORAL_PROFILE", false, "The profile to take from that file."),
}

// Variables lists every variable the product reads, in the order of the documents.
func Variables() []Variable {
	list := make([]Variable, len(variables))
	for i, v := range variables {
		list[i] = v.Variable
	}
	return list
}

// passedOn is a variable that the Temporal SDK's envconfig reads itself.
func passedOn(name string, secret bool, about string) variable {
	return variable{Variable: Variable{Name: name, Secret: secret, About: about}}
}

func setListen(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		_, port, err := net.SplitHostPort(v)
		if err != nil {
			return fmt.Errorf("%q is not host:port", v)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q is no port", port)
		}
		*field(c) = v
		return nil
	}
}

func setURL(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if err := checkURL(v, "http", "https"); err != nil {
			return err
		}
		*field(c) = strings.TrimRight(v, "/")
		return nil
	}
}

// checkURL never repeats the address in its error: it may hold a password.
func checkURL(text string, schemes ...string) error {
	u, err := url.Parse(text)
	if err != nil {
		return errors.New("not an address")
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme && cmp.Or(u.Host, u.Query().Get("host")) != "" {
			return nil
		}
	}
	return fmt.Errorf("not an address that starts with %s://", schemes[0])
}
