package orchestrator

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"tandem/domain"
)

// Options say where the engine is and how payloads are sealed.
type Options struct {
	// Environment holds the TEMPORAL_* variables (address, namespace, TLS, API key, profile); nil means none.
	Environment envconfig.EnvLookup
	// Address and Namespace win over the environment when they are set.
	Address   string
	Namespace string
	// Keys seal payloads: the first one seals, all of them open. At least one.
	Keys []Key
	Log  *slog.Logger
	// Metrics gets the SDK's metrics and the relay's; nil means none are kept.
	Metrics prometheus.Registerer
}

// Client speaks to the engine. It is safe for concurrent use; Close ends it.
type Client struct {
	temporal  client.Client
	codec     *Codec
	namespace string
	log       *slog.Logger
}

// Dial makes a client without touching the network. The error is about the options only.
func Dial(o Options) (*Client, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	codec, err := NewCodec(o.Keys)
	if err != nil {
		return nil, err
	}
	options, err := connection(o.Environment)
	if err != nil {
		return nil, err
	}
	if o.Address != "" {
		options.HostPort = o.Address
	}
	if o.Namespace != "" {
		options.Namespace = o.Namespace
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	// Payloads are sealed and don't compress: gzip would only cost both ends an eighth of their work on the message path.
	options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	options.Logger = sdklog.NewStructuredLogger(o.Log)
	options.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
	// Errors of providers may quote a customer's number, so messages and stack traces are sealed as well.
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: true,
	})
	if o.Metrics != nil {
		options.MetricsHandler = newSDKMetrics(o.Metrics)
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the workflow engine: %w", err)
	}
	return &Client{temporal: c, codec: codec, namespace: options.Namespace, log: o.Log}, nil
}

// connection reads the SDK's own variables. A profile file is read only when a variable asks for it: one that lies in
// somebody's home folder must not change where the product connects.
func connection(env envconfig.EnvLookup) (client.Options, error) {
	if env == nil {
		return client.Options{}, nil
	}
	_, file := env.LookupEnv("TEMPORAL_CONFIG_FILE")
	_, profile := env.LookupEnv("TEMPORAL_PROFILE")
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{
		EnvLookup: env, DisableFile: !file && !profile,
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("reading the TEMPORAL_* variables: %w", err)
	}
	return options, nil
}

// Temporal gives the SDK's client, for the worker.
func (c *Client) Temporal() client.Client { return c.temporal }

// Decoder is the endpoint by which the Temporal UI shows sealed payloads. It answers POST …/decode and nothing else;
// whoever mounts it decides who may ask.
func (c *Client) Decoder() http.Handler { return c.codec.Decoder() }

// Close ends the connection.
func (c *Client) Close() { c.temporal.Close() }

// healthWithin bounds a health check: readiness is asked often.
const healthWithin = 2 * time.Second

// Health reports whether the engine answers: CodeUnavailable with the reason engine_unavailable when it doesn't.
func (c *Client) Health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	if _, err := c.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return domain.E(domain.CodeUnavailable, "the workflow engine doesn't answer").Because(reasonEngine).CausedBy(err)
	}
	return nil
}
