package tandem_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"tandem/config"
)

// requiredSettings is what an operator must set; everything else in the compose file has a default.
func requiredSettings() []string {
	return []string{
		"TANDEM_ENCRYPTION_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"TANDEM_DATABASE_PASSWORD=a", "POSTGRES_PASSWORD=b", "ENGINE_DATABASE_PASSWORD=c",
	}
}

func compose(t *testing.T, settings []string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"docker-compose.yml"}, cli.WithEnv(settings), cli.WithConsistency(true))
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

func TestComposeIsValidAndComplete(t *testing.T) {
	t.Parallel()
	project, err := compose(t, requiredSettings())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "migrate", "api", "worker", "proxy",
	}, project.ServiceNames())
	for _, name := range []string{"api", "worker"} {
		service := project.Services[name]
		require.Equal(t, 2, service.GetScale(), name)
	}
}

func TestComposeAsksForEverySecret(t *testing.T) {
	t.Parallel()
	settings := requiredSettings()
	for i, setting := range settings {
		rest := append(append([]string{}, settings[:i]...), settings[i+1:]...)
		name, _, _ := strings.Cut(setting, "=")
		_, err := compose(t, rest)
		require.ErrorContains(t, err, name)
	}
}

// TestComposeSpeaksToTheConfigurationTheCodeHas is where a renamed variable is noticed.
func TestComposeSpeaksToTheConfigurationTheCodeHas(t *testing.T) {
	t.Parallel()
	project, err := compose(t, requiredSettings())
	require.NoError(t, err)
	known := map[string]bool{}
	for _, v := range config.Variables() {
		known[v.Name] = true
	}
	for _, name := range []string{"migrate", "api", "worker"} {
		env := config.Environment{}
		for variable, value := range project.Services[name].Environment {
			require.True(t, known[variable], "%s sets %s, which the code doesn't read", name, variable)
			require.NotNil(t, value)
			env[variable] = *value
		}
		c, err := config.Load(env.LookupEnv)
		require.NoError(t, err, name)
		require.Contains(t, c.DatabaseURL.Reveal(), "@postgres:5432/tandem")
		require.Equal(t, "temporal:7233", c.Temporal.Address)
	}
}

func TestComposeStartsThingsInOrder(t *testing.T) {
	t.Parallel()
	project, err := compose(t, requiredSettings())
	require.NoError(t, err)
	for service, wants := range map[string]map[string]string{
		"temporal-schema":    {"postgres": types.ServiceConditionHealthy},
		"temporal":           {"temporal-schema": types.ServiceConditionCompletedSuccessfully},
		"temporal-namespace": {"temporal": types.ServiceConditionHealthy},
		"temporal-ui":        {"temporal": types.ServiceConditionHealthy},
		"migrate":            {"postgres": types.ServiceConditionHealthy},
		"api":                {"migrate": types.ServiceConditionCompletedSuccessfully},
		"worker":             {"migrate": types.ServiceConditionCompletedSuccessfully, "temporal-namespace": types.ServiceConditionCompletedSuccessfully},
		"proxy":              {"api": types.ServiceConditionHealthy},
	} {
		got := map[string]string{}
		for on, dependency := range project.Services[service].DependsOn {
			got[on] = dependency.Condition
		}
		require.Equal(t, wants, got, service)
	}
	for on := range project.Services["api"].DependsOn {
		require.NotContains(t, on, "temporal", "webhooks are accepted without the engine")
	}
}

func TestComposeIsSafeByDefault(t *testing.T) {
	t.Parallel()
	project, err := compose(t, requiredSettings())
	require.NoError(t, err)
	oneTime := map[string]bool{"temporal-schema": true, "temporal-namespace": true, "migrate": true, "temporal-ui": true}
	for name, service := range project.Services {
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, "%s is published beyond this machine", name)
		}
		require.NotContains(t, service.Image, ":latest", name)
		require.Contains(t, service.Image, ":", "%s has no version", name)
		if !oneTime[name] {
			require.NotNil(t, service.HealthCheck, "%s has no health check", name)
			require.False(t, service.HealthCheck.Disable, name)
		}
	}
	for _, name := range []string{"migrate", "api", "worker"} {
		service := project.Services[name]
		require.True(t, service.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, service.CapDrop, name)
		require.Contains(t, []string{"migrate", "api", "worker"}, service.Command[0])
	}
}

func TestComposeScriptsAreShell(t *testing.T) {
	t.Parallel()
	project, err := compose(t, requiredSettings())
	require.NoError(t, err)
	for _, name := range []string{"postgres-init", "temporal-schema", "temporal-namespace"} {
		script := project.Configs[name].Content
		require.NotEmpty(t, script, name)
		check := exec.CommandContext(t.Context(), "sh", "-n")
		check.Stdin = strings.NewReader(script)
		said, err := check.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, said)
	}
}
