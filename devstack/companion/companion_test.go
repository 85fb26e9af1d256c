package companion_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/devstack/companion"
)

// orders tell the child how to behave.
type orders struct {
	// Silent is how many starts end without a word; they are counted in the folder Dir.
	Silent int    `json:"silent"`
	Dir    string `json:"dir"`
	Error  string `json:"error"`
}

// TestMain lets this test binary be the child as well.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "child" {
		if err := companion.Main(context.Background(), serve); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serve(ctx context.Context, o orders, tell companion.Teller) error {
	starts, err := filepath.Glob(filepath.Join(o.Dir, "start-*"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.Dir, fmt.Sprintf("start-%d", len(starts))), nil, 0o600); err != nil {
		return err
	}
	if len(starts) < o.Silent {
		os.Exit(1)
	}
	if o.Error != "" {
		return errors.New(o.Error)
	}
	if err := tell.Ready(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func start(t *testing.T, o orders) (*companion.Process, func() int) {
	t.Helper()
	o.Dir = t.TempDir()
	p, err := companion.Start(companion.Options{Name: "companion", Config: o, Program: os.Args[0], Arguments: []string{"child"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop(context.Background())) })
	return p, func() int {
		starts, err := filepath.Glob(filepath.Join(o.Dir, "start-*"))
		require.NoError(t, err)
		return len(starts)
	}
}

func TestAChildThatEndsWithoutAWordIsStartedAgain(t *testing.T) {
	t.Parallel()
	p, starts := start(t, orders{Silent: 2})
	require.NoError(t, p.Ready(t.Context()))
	require.Equal(t, 3, starts())
}

func TestAChildThatNeverServesIsReported(t *testing.T) {
	t.Parallel()
	p, _ := start(t, orders{Silent: 100})
	require.ErrorContains(t, p.Ready(t.Context()), "the companion does not start: exit status 1")
}

func TestAChildThatTellsWhyGetsNoSecondChance(t *testing.T) {
	t.Parallel()
	p, starts := start(t, orders{Error: "the cellar is locked"})
	require.ErrorContains(t, p.Ready(t.Context()), "the cellar is locked")
	require.Equal(t, 1, starts())
}

func TestAPortThatSomebodyTookForAMomentIsTriedAgain(t *testing.T) {
	t.Parallel()
	p, starts := start(t, orders{Error: "listen tcp 127.0.0.1:1: bind: address already in use"})
	require.ErrorContains(t, p.Ready(t.Context()), "address already in use")
	require.Equal(t, 3, starts())
}
