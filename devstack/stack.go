package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"tandem/config"
	"tandem/devstack/companion"
	"tandem/devstack/engine"
	"tandem/devstack/postgres"
)

// stack is what runs. Fields are set as the parts start, and stop undoes what is set.
type stack struct {
	command upCommand
	dir     *dataDir
	say     *progress

	logs      []*os.File
	logger    *slog.Logger
	listeners listeners
	config    config.Config
	variables map[string]string // of config, what the environment doesn't have
	database  *postgres.Server
	engine    *companion.Process
	product   *product
}

// run starts everything, tells that it is ready, and returns when ctx ends or a part that can't be started again fails.
func (s *stack) run(ctx context.Context) error {
	_, external := os.LookupEnv("TEMPORAL_ADDRESS")
	var err error
	if s.listeners, err = openListeners(ctx, s.command, !external); err != nil {
		return err
	}
	logFile, err := s.openLog("tandem.log")
	if err != nil {
		return err
	}
	s.logger = newLogger(logFile, slog.LevelInfo)
	databaseURL, err := s.startDatabase(ctx)
	if err != nil {
		return err
	}
	if s.config, err = s.configure(databaseURL); err != nil {
		return err
	}
	s.logger = newLogger(logFile, s.config.LogLevel)
	if err := s.prepare(ctx, external); err != nil {
		return err
	}
	s.say.step("starting api, worker, console and simulator")
	var serves bool
	if s.product, serves = startProduct(ctx, s); serves {
		shrink(s.logger)
		s.announce()
	}
	return s.product.wait(ctx)
}

func (s *stack) openLog(name string) (*os.File, error) {
	file, err := s.dir.openLog(name)
	if err == nil {
		s.logs = append(s.logs, file)
	}
	return file, err
}

// startDatabase gives the address of the product's database: one from outside, or a private cluster's.
func (s *stack) startDatabase(ctx context.Context) (string, error) {
	if outside := os.Getenv("TANDEM_DATABASE_URL"); outside != "" {
		return outside, nil
	}
	log, err := s.openLog("postgres.log")
	if err != nil {
		return "", err
	}
	s.database, err = postgres.Start(ctx, postgres.Options{
		Dir: s.dir.in("postgres"), Log: log, Progress: s.say.step, Logger: s.logger,
	})
	if err != nil {
		return "", fmt.Errorf("starting PostgreSQL (log in %s): %w", log.Name(), err)
	}
	const name = "tandem"
	if err := s.database.CreateDatabase(ctx, name); err != nil {
		return "", err
	}
	return s.database.URL(name), nil
}

// configure reads the product's configuration from the environment, completed by what only this process knows. A
// variable that is set wins, except for the addresses that were given as flags.
func (s *stack) configure(databaseURL string) (config.Config, error) {
	key, err := s.dir.encryptionKey()
	if err != nil {
		return config.Config{}, err
	}
	simulator := "http://" + dialable(s.listeners.simulator)
	set := map[string]string{
		"TANDEM_DATABASE_URL": databaseURL,
		"TANDEM_LISTEN":       s.listeners.http.Addr().String(),
		"TANDEM_OPS_LISTEN":   s.listeners.ops.Addr().String(),
	}
	unlessSet := map[string]string{
		"TANDEM_ENCRYPTION_KEY":  key,
		"TANDEM_PUBLIC_URL":      "http://" + dialable(s.listeners.http),
		"TANDEM_TWILIO_BASE_URL": simulator,
		"TANDEM_META_BASE_URL":   simulator,
		"TANDEM_X_BASE_URL":      simulator,
	}
	if s.listeners.temporal != nil {
		set["TEMPORAL_ADDRESS"] = s.listeners.temporal.Addr().String()
		unlessSet["TEMPORAL_NAMESPACE"] = engine.DefaultNamespace
		unlessSet["TANDEM_TEMPORAL_UI_URL"] = "http://" + s.listeners.temporalUI.Addr().String()
	}
	for name, value := range unlessSet {
		if os.Getenv(name) == "" {
			set[name] = value
		}
	}
	s.variables = set
	return config.Load(func(name string) (string, bool) {
		if value, ok := set[name]; ok {
			return value, true
		}
		return os.LookupEnv(name)
	})
}

// prepare brings up the engine while the product's database is migrated.
func (s *stack) prepare(ctx context.Context, external bool) error {
	both, ctx := errgroup.WithContext(ctx)
	if !external {
		if err := s.startEngine(); err != nil { //nolint:contextcheck // the engine lives until the stack stops it
			return err
		}
		both.Go(func() error {
			if err := s.engine.Ready(ctx); err != nil {
				return fmt.Errorf("%w (log in %s)", err, s.dir.in("logs/engine.log"))
			}
			s.say.step("workflow engine is ready")
			return nil
		})
	}
	demo := !s.command.NoDemo && onLoopback(s.listeners.http)
	both.Go(func() error { return prepareDatabase(ctx, s, demo) })
	return both.Wait()
}

func (s *stack) startEngine() error {
	log, err := s.openLog("engine.log")
	if err != nil {
		return err
	}
	store, visibility := "temporal", "temporal_visibility"
	if s.database == nil {
		// Somebody else's PostgreSQL may have databases of these names.
		name, err := databaseName(s.config.DatabaseURL.Reveal())
		if err != nil {
			return err
		}
		store, visibility = name+"_temporal", name+"_temporal_visibility"
	}
	program, err := ownProgram()
	if err != nil {
		return err
	}
	c := engine.Config{
		DatabaseURL: s.config.DatabaseURL.Reveal(), Database: store, VisibilityDatabase: visibility,
		Address: s.listeners.temporal.Addr().String(), UIAddress: s.listeners.temporalUI.Addr().String(),
		CodecEndpoint: s.config.PublicURL + "/api/v1/temporal/codec",
		Namespace:     s.config.Temporal.Namespace, Retention: engine.DefaultRetention,
		HistoryShards: engine.DefaultShards, LogLevel: "warn",
	}
	if err := s.listeners.release(); err != nil {
		return err
	}
	s.engine, err = engine.StartProcess(c, companion.Options{
		Program: program, Arguments: []string{"engine"}, Log: log, Progress: s.say.step, Logger: s.logger,
	})
	return err
}

// ownProgram is the path of this very program. On Linux it stays right when the file is replaced by a newer build.
func ownProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return path, nil
}

// stop undoes what run started; hard cuts the waiting short.
func (s *stack) stop(hard context.Context) error {
	var failures []error
	if s.product != nil {
		failures = append(failures, s.product.stop(hard))
	}
	if s.engine != nil {
		failures = append(failures, s.engine.Stop(hard))
	}
	if s.database != nil {
		failures = append(failures, s.database.Stop(hard))
	}
	failures = append(failures, s.listeners.close())
	for _, log := range s.logs {
		failures = append(failures, log.Close())
	}
	return errors.Join(failures...)
}
