package engine

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"
)

// Config is what a child process is told on its standard input, as one line of JSON.
type Config struct {
	// DatabaseURL reaches a PostgreSQL whose user may create databases.
	DatabaseURL string `json:"database_url"`
	// Database and VisibilityDatabase are made when missing. They must differ: the engine keys the version of a schema
	// by the name of its database.
	Database           string `json:"database"`
	VisibilityDatabase string `json:"visibility_database"`
	// Address is the host:port of the frontend; the host must be a loopback address.
	Address string `json:"address"`
	// UIAddress is the host:port of the web UI; empty means no UI.
	UIAddress string `json:"ui_address,omitempty"`
	// CodecEndpoint is the URL below which the UI (the browser) asks to decrypt payloads: it adds /decode itself.
	CodecEndpoint string `json:"codec_endpoint,omitempty"`
	// Namespace is made when missing, with this retention of closed workflows.
	Namespace string        `json:"namespace"`
	Retention time.Duration `json:"retention"`
	// HistoryShards can't be changed once the database exists.
	HistoryShards int32 `json:"history_shards"`
	// LogLevel is debug, info, warn or error; the log goes to standard error.
	LogLevel string `json:"log_level"`
}

// Defaults for one machine. With 16 shards the engine is as fast there as with the usual 512, at 90 MB less memory.
const (
	DefaultShards    = 16
	DefaultRetention = 72 * time.Hour
	DefaultNamespace = "default"
)

// Validate names everything that is wrong.
func (c Config) Validate() error {
	var problems []error
	if u, err := url.Parse(c.DatabaseURL); err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		problems = append(problems, errors.New("database_url must be a postgres:// URL"))
	}
	if c.Database == "" || c.VisibilityDatabase == "" || c.Database == c.VisibilityDatabase {
		problems = append(problems, errors.New("database and visibility_database must be two names"))
	}
	if _, _, err := loopbackAddress(c.Address); err != nil {
		problems = append(problems, fmt.Errorf("address: %w", err))
	}
	if c.UIAddress != "" {
		if _, _, err := loopbackAddress(c.UIAddress); err != nil {
			problems = append(problems, fmt.Errorf("ui_address: %w", err))
		}
	}
	if c.Namespace == "" {
		problems = append(problems, errors.New("namespace is empty"))
	}
	if c.Retention < time.Hour {
		problems = append(problems, errors.New("retention must be an hour at least"))
	}
	if c.HistoryShards < 1 {
		problems = append(problems, errors.New("history_shards must be 1 at least"))
	}
	return errors.Join(problems...)
}

// loopbackAddress splits host:port and refuses a host that other machines reach: the engine lets anybody in.
func loopbackAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port", address)
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return "", 0, fmt.Errorf("%q must be a loopback address such as 127.0.0.1: the engine has no sign-in", host)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return "", 0, fmt.Errorf("%q is not a port", text)
	}
	return host, port, nil
}
