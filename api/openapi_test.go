package api_test

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/api"
)

var update = flag.Bool("update", false, "write api/openapi.json anew")

const documentFile = "openapi.json"

func TestCommittedOpenAPIDocumentEqualsTheGeneratedOne(t *testing.T) {
	t.Parallel()
	app, err := api.New(api.Deps{})
	require.NoError(t, err)
	answer, err := app.Test(httptest.NewRequest(http.MethodGet, "/openapi.json", nil), -1)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	require.Equal(t, 200, answer.StatusCode)
	generated, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(documentFile, generated, 0o644))
	}
	committed, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	require.Equal(t, string(committed), string(generated), "run: go test ./api -run OpenAPI -update")
}
