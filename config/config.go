package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"
)

// Lookup gives a variable's value and whether it is set: from the environment, or from a map in a test.
type Lookup func(name string) (string, bool)

// Config is everything a process of Tandem is told from outside. Packages get the values they need, not the whole.
type Config struct {
	// DatabaseURL is a postgres:// address with credentials.
	DatabaseURL Secret
	// Listen and OpsListen are host:port of the public and of the operations listener.
	Listen    string
	OpsListen string
	// PublicURL is the address under which providers, browsers and widgets reach us, without a trailing slash.
	// Signatures of webhooks are checked against it. Empty only when it wasn't set and Listen has port 0: whoever opens
	// the listener then knows it.
	PublicURL string
	// TemporalUIURL is where the Temporal UI is served to browsers; the codec endpoint answers pages of this origin.
	// Empty when there is none.
	TemporalUIURL string
	// EncryptionKeys seal provider credentials, visitor tokens and workflow payloads; the first one seals.
	EncryptionKeys Keys
	// TwilioBaseURL, MetaBaseURL and XBaseURL are the providers' addresses, without a trailing slash.
	TwilioBaseURL string
	MetaBaseURL   string
	XBaseURL      string
	LogLevel      slog.Level
	LogFormat     LogFormat
	// ReconcileAfter is how long a send of unknown outcome is left alone before it is looked up at the provider.
	ReconcileAfter time.Duration
	// PrivateWebhooks lets notices of routing rules go to loopback and private addresses too.
	PrivateWebhooks bool
	Temporal        Temporal
}

// LogFormat is how log lines are written.
type LogFormat string

// The log formats.
const (
	LogJSON LogFormat = "json"
	LogText LogFormat = "text"
)

// Temporal says where the workflow engine is.
type Temporal struct {
	Address   string
	Namespace string
	// Environment holds every TEMPORAL_* variable that is set, for the SDK's own envconfig, which reads TLS, API key
	// and profile from it.
	Environment Environment
}

// Environment is a set of variables. It satisfies the look-up interface of the SDK's envconfig.
type Environment map[string]string

// LookupEnv gives a variable's value and whether it is set.
func (e Environment) LookupEnv(name string) (string, bool) {
	value, set := e[name]
	return value, set
}

// Environ lists the variables as NAME=value.
func (e Environment) Environ() []string {
	list := make([]string, 0, len(e))
	for name, value := range e {
		list = append(list, name+"="+value)
	}
	return list
}

// String lists the names only: values may be secret.
func (e Environment) String() string { return fmt.Sprintf("%d variables", len(e)) }

// GoString gives what String gives.
func (e Environment) GoString() string { return e.String() }

// MarshalText gives what String gives; it also keeps a logger from printing the values.
func (e Environment) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// Load reads every variable of Variables. The error lists all mistakes, one a line, each with the variable's name and
// the way out; the Config is then not to be used.
func Load(lookup Lookup) (Config, error) {
	return load(lookup, variables)
}

// LoadDatabase reads only what a migration needs: TANDEM_DATABASE_URL and the logging variables.
func LoadDatabase(lookup Lookup) (Config, error) {
	var needed []variable
	for _, v := range variables {
		if v.forMigration {
			needed = append(needed, v)
		}
	}
	return load(lookup, needed)
}

func load(lookup Lookup, table []variable) (Config, error) {
	c := Config{Temporal: Temporal{Environment: Environment{}}}
	var mistakes []error
	for _, v := range table {
		value, set := lookup(v.Name)
		value = strings.TrimSpace(value)
		// An empty variable counts as unset: that is how compose files and shells pass on what they don't have.
		if !set || value == "" {
			if v.Required {
				mistakes = append(mistakes, fmt.Errorf("%s is not set: %s", v.Name, v.wayOut))
				continue
			}
			value = v.Default
		} else if strings.HasPrefix(v.Name, "TEMPORAL_") {
			c.Temporal.Environment[v.Name] = value
		}
		if value == "" || v.set == nil {
			continue
		}
		if err := v.set(&c, value); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w; %s", v.Name, err, v.wayOut))
		}
	}
	if c.PublicURL == "" && c.Listen != "" {
		c.PublicURL = PublicURLOf(c.Listen)
	}
	return c, errors.Join(mistakes...)
}

// PublicURLOf gives the address a browser on this machine uses for a listener at host:port: empty when the port is 0,
// localhost when the host means every interface.
func PublicURLOf(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
