package config

import (
	"fmt"
	"strconv"
	"strings"
)

// MarkdownTable gives the table of all variables for the README and docs/operations.md.
func MarkdownTable() string {
	var b strings.Builder
	b.WriteString("| variable | default | what it does |\n| --- | --- | --- |\n")
	for _, v := range Variables() {
		fallback := "–"
		switch {
		case v.Required:
			fallback = "**required**"
		case v.Default != "":
			fallback = "`" + v.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, fallback, v.About)
	}
	return b.String()
}

// EnvExample gives the text of .env.example: every variable with its sentence and default, commented out unless
// it must be set.
func EnvExample() string {
	var b strings.Builder
	b.WriteString("# Every variable Tandem reads. Copy to .env, fill in what is required, uncomment what you change.\n")
	b.WriteString("# Written by `tandem config --env-example`; a test fails when it is out of date.\n")
	for _, v := range Variables() {
		fmt.Fprintf(&b, "\n# %s\n", strings.ReplaceAll(v.About, "`", ""))
		if v.Required {
			fmt.Fprintf(&b, "%s=\n", v.Name)
			continue
		}
		fmt.Fprintf(&b, "#%s=%s\n", v.Name, v.Default)
	}
	return b.String()
}

// Describe lists what a Config resolved to, one "NAME=value" a line, secrets masked.
func (c Config) Describe() string {
	values := map[string]string{
		"TANDEM_DATABASE_URL":     c.DatabaseURL.String(),
		"TANDEM_ENCRYPTION_KEY":   c.EncryptionKeys.String(),
		"TANDEM_LISTEN":           c.Listen,
		"TANDEM_OPS_LISTEN":       c.OpsListen,
		"TANDEM_PUBLIC_URL":       c.PublicURL,
		"TANDEM_TEMPORAL_UI_URL":  c.TemporalUIURL,
		"TANDEM_TWILIO_BASE_URL":  c.TwilioBaseURL,
		"TANDEM_META_BASE_URL":    c.MetaBaseURL,
		"TANDEM_X_BASE_URL":       c.XBaseURL,
		"TANDEM_LOG_LEVEL":        strings.ToLower(c.LogLevel.String()),
		"TANDEM_LOG_FORMAT":       string(c.LogFormat),
		"TANDEM_RECONCILE_AFTER":  c.ReconcileAfter.String(),
		"TANDEM_PRIVATE_WEBHOOKS": strconv.FormatBool(c.PrivateWebhooks),
		"TEMPORAL_ADDRESS":        c.Temporal.Address,
		"TEMPORAL_NAMESPACE":      c.Temporal.Namespace,
	}
	var b strings.Builder
	for _, v := range Variables() {
		value, known := values[v.Name]
		if !known {
			value = c.Temporal.Environment[v.Name]
			if v.Secret {
				value = Secret(value).String()
			}
		}
		fmt.Fprintf(&b, "%s=%s\n", v.Name, value)
	}
	return b.String()
}
