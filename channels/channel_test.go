package channels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/channels"
	"tandem/channels/webchat"
	"tandem/domain"
)

func TestTheRegistryGivesTheProvidersChannel(t *testing.T) {
	t.Parallel()
	r := channels.Registry{domain.ProviderWebchat: webchat.New()}
	got, err := r.For(domain.Channel{Provider: domain.ProviderWebchat})
	require.NoError(t, err)
	require.Equal(t, webchat.New(), got)
	_, err = r.For(domain.Channel{Provider: "pigeon"})
	require.Equal(t, domain.CodeInternal, domain.CodeOf(err))
}

func TestWebchatTakesNoWebhooksAndNeedsNoProvider(t *testing.T) {
	t.Parallel()
	c := webchat.New()
	require.Equal(t, "bad_signature", domain.ReasonOf(c.Verify(domain.Channel{}, channels.Request{})))
	_, err := c.Parse(domain.Channel{}, channels.Request{})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
	sent, err := c.Send(t.Context(), domain.Outgoing{}, "")
	require.NoError(t, err)
	require.Equal(t, domain.StatusSent, sent.Status)
	_, found, err := c.Find(t.Context(), domain.Outgoing{}, nil)
	require.NoError(t, err)
	require.True(t, found)
}
