package engine_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"tandem/devstack/companion"
	"tandem/devstack/engine"
	"tandem/devstack/postgres"
)

// TestMain lets this test binary be the engine's child process as well.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "engine" {
		if err := engine.Main(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func database(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tandem-engine-") //nolint:usetesting // TempDir is closed to the server's own user
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	server, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(dir, "postgres"), Throwaway: true})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, server.Stop(context.Background()))
		require.NoError(t, os.RemoveAll(dir))
	})
	return server.URL("postgres")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func settings(t *testing.T, databaseURL string) engine.Config {
	t.Helper()
	return engine.Config{
		DatabaseURL: databaseURL, Database: "temporal", VisibilityDatabase: "temporal_visibility",
		Address: freeAddress(t), UIAddress: freeAddress(t), Namespace: engine.DefaultNamespace,
		Retention: engine.DefaultRetention, HistoryShards: engine.DefaultShards, LogLevel: "error",
	}
}

func startChild(t *testing.T, c engine.Config) *companion.Process {
	t.Helper()
	p, err := engine.StartProcess(c, companion.Options{Program: os.Args[0], Arguments: []string{"engine"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop(context.Background())) })
	return p
}

// tagged sets every search attribute, as chats do.
func tagged(ctx workflow.Context) error {
	now := workflow.Now(ctx)
	updates := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyTime("ChatQueuedAt").ValueSet(now),
		temporal.NewSearchAttributeKeyTime("ChatDeadlineAt").ValueSet(now),
		temporal.NewSearchAttributeKeyInt64("ChatPriority").ValueSet(1),
		temporal.NewSearchAttributeKeyKeywordList("ChatTags").ValueSet([]string{"vip"}),
	}
	for _, name := range []string{"ChatPhase", "ChatAccount", "ChatQueue", "ChatAgent", "ChatChannel", "ChatCampaign", "ChatOutcome"} {
		updates = append(updates, temporal.NewSearchAttributeKeyKeyword(name).ValueSet("some"))
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

func runTagged(t *testing.T, c engine.Config, id string) {
	t.Helper()
	cl, err := client.Dial(client.Options{HostPort: c.Address, Namespace: c.Namespace})
	require.NoError(t, err)
	defer cl.Close()
	w := worker.New(cl, "tagged", worker.Options{})
	w.RegisterWorkflow(tagged)
	require.NoError(t, w.Start())
	defer w.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	run, err := cl.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "tagged"}, tagged)
	require.NoError(t, err)
	require.NoError(t, run.Get(ctx, nil))
	require.Eventually(t, func() bool {
		n, err := cl.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: c.Namespace, Query: "ChatPhase = 'some' and ChatTags = 'vip' and WorkflowId = '" + id + "'",
		})
		return err == nil && n.GetCount() == 1
	}, 30*time.Second, 50*time.Millisecond)
}

func TestWorkflowsCanUseEverythingAtOnceWhenReady(t *testing.T) {
	t.Parallel()
	c := settings(t, database(t))
	p := startChild(t, c)
	require.NoError(t, p.Ready(t.Context()))
	runTagged(t, c, "first")

	t.Run("and again after a crash", func(t *testing.T) {
		pid := p.Pid()
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		require.Eventually(t, func() bool {
			conn, err := net.Dial("tcp", c.Address)
			return p.Pid() != 0 && p.Pid() != pid && err == nil && conn.Close() == nil
		}, time.Minute, 50*time.Millisecond)
		runTagged(t, c, "second")
	})
}

func TestTwoEnginesMayMakeTheSchemaAtOnce(t *testing.T) {
	t.Parallel()
	url := database(t)
	c := settings(t, url)
	var both errgroup.Group
	for range 2 {
		both.Go(func() error { return engine.SetUpSchema(t.Context(), c) })
	}
	require.NoError(t, both.Wait())
	conn, err := pgx.Connect(t.Context(), strings.Replace(url, "/postgres?", "/temporal?", 1))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	var updates, versions int
	require.NoError(t, conn.QueryRow(t.Context(),
		"select count(*), count(distinct new_version) from schema_update_history").Scan(&updates, &versions))
	require.Equal(t, versions, updates, "every version was made once")
}

func TestFailureToStartIsTold(t *testing.T) {
	t.Parallel()
	c := settings(t, "postgres://nobody:secret@127.0.0.1:1/postgres?sslmode=disable")
	p := startChild(t, c)
	err := p.Ready(t.Context())
	require.ErrorContains(t, err, "the workflow engine does not start")
	require.ErrorContains(t, err, "connecting to PostgreSQL")
	require.NotContains(t, err.Error(), "secret")
}

func TestConfigNamesEveryMistake(t *testing.T) {
	t.Parallel()
	require.NoError(t, settings(t, "postgres:///x").Validate())
	err := engine.Config{Address: "0.0.0.0:7233", UIAddress: "nowhere", Database: "x", VisibilityDatabase: "x"}.Validate()
	for _, word := range []string{
		"database_url", "two names", "address", "must be a loopback address", "ui_address", "namespace", "retention", "history_shards",
	} {
		require.ErrorContains(t, err, word)
	}
}
