package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/devstack/child"
)

const loopback = "127.0.0.1"

// settings are given on the command line, so that a cluster of an older release runs under today's values.
func (s *Server) settings() map[string]string {
	set := map[string]string{ //nolint:gosec // names of settings, no password
		"port":                    strconv.Itoa(s.port),
		"listen_addresses":        loopback,
		"unix_socket_directories": s.sockets,
		// The engine keeps up to 88 connections, the product's pools the rest.
		"max_connections": "300",
		"shared_buffers":  "256MB",
		"jit":             "off", // compiles for longer than our short statements run
		// Accepted means durable: a commit is answered when it is on disk.
		"synchronous_commit":           "on",
		"wal_compression":              "on",
		"wal_buffers":                  "16MB",
		"min_wal_size":                 "256MB",
		"max_wal_size":                 "2GB",
		"checkpoint_timeout":           "15min",
		"checkpoint_completion_target": "0.9",
		"random_page_cost":             "1.1",
		// Parallel workers help reports and hurt the tail of everything else on a small machine.
		"max_parallel_workers_per_gather": "0",
		// The engine's tables and our outbox are queues: rows live for seconds, and dead ones must go soon. But a vacuum has
		// the same priority as a message, so that it works in small bites, and statistics are drawn from small samples.
		"autovacuum_naptime":                    "30s",
		"autovacuum_vacuum_scale_factor":        "0.05",
		"autovacuum_vacuum_insert_scale_factor": "0.2",
		"autovacuum_analyze_scale_factor":       "0.2",
		"autovacuum_vacuum_cost_limit":          "200",
		"default_statistics_target":             "20",
		"log_min_messages":                      "warning",
		"log_line_prefix":                       "%m [%p] %u@%d ",
		"logging_collector":                     "off",
		"password_encryption":                   "scram-sha-256",
	}
	if s.options.Throwaway {
		if s.sockets != "" {
			set["listen_addresses"] = ""
		}
		set["fsync"] = "off"
		set["synchronous_commit"] = "off"
		set["full_page_writes"] = "off"
		set["shared_buffers"] = "128MB"
		// A schema per test drops many tables in one transaction.
		set["max_locks_per_transaction"] = "512"
	}
	return set
}

// launch starts the server process and waits until it takes connections.
func (s *Server) launch(ctx context.Context) (*run, error) {
	args := []string{"-D", s.home.data()}
	settings := s.settings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(filepath.Join(s.binaries.Dir, "postgres"), args...) //nolint:noctx // it outlives the context of the start
	cmd.Dir = s.home.base
	if s.options.Log != nil {
		cmd.Stdout, cmd.Stderr = s.options.Log, s.options.Log
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.home.account.credential()}
	if err := child.Start(cmd, child.Options{OnParentDeath: syscall.SIGINT}); err != nil {
		return nil, err
	}
	r := &run{process: cmd.Process, exited: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		ended <- err
		close(r.exited)
	}()
	if err := s.waitReady(ctx, r, ended); err != nil {
		if !child.Stop(context.WithoutCancel(ctx), r.process, r.exited, stopSteps[1:]...) {
			err = errors.Join(err, fmt.Errorf("PostgreSQL (process %d) does not stop", r.process.Pid))
		}
		return nil, err
	}
	return r, nil
}

func (s *Server) waitReady(ctx context.Context, r *run, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		select {
		case <-tick.C:
			if last = s.ping(ctx); last == nil {
				return nil
			}
		case <-r.exited:
			return fmt.Errorf("PostgreSQL ended while starting (its log says why): %w", <-ended)
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL is not ready: %w", errors.Join(ctx.Err(), last))
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
