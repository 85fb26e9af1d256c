package engine

import (
	"fmt"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// newUI builds the web UI. It talks to nobody outside this machine: no news, no look-up of newer versions.
func newUI(c Config) (ui *uiserver.Server, err error) {
	host, port, err := loopbackAddress(c.UIAddress)
	if err != nil {
		return nil, err
	}
	// The library panics on a configuration it doesn't like.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("building the Temporal UI: %v", cause)
		}
	}()
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: c.Address,
		Host:                host,
		Port:                port,
		EnableUI:            true,
		DefaultNamespace:    c.Namespace,
		DisableNewsFetch:    true,
		NotifyOnNewVersion:  false,
		HideLogs:            true,
		// The page is served over plain HTTP on loopback, where a secure cookie would not come back.
		CORS: uiconfig.CORS{CookieInsecure: true},
		Codec: uiconfig.Codec{
			Endpoint: c.CodecEndpoint,
			// The browser shows the codec endpoint who asks by the cookie of the console.
			IncludeCredentials:  true,
			DefaultErrorMessage: "Sign in to the console in this browser to see message details.",
		},
	})), nil
}
