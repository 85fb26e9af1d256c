package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// superuser owns the cluster and everything in it.
const superuser = "tandem"

// clusterMajor is the major version that made the cluster, 0 when there is no cluster yet.
func (h home) clusterMajor() (int, error) {
	text, err := os.ReadFile(filepath.Join(h.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the version of the cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("reading the version of the cluster: %w", err)
	}
	return major, nil
}

// binaries picks the programs for the cluster: those of its own major version, or the newest for a new one.
func (h home) binaries(ctx context.Context, o Options) (Binaries, error) {
	major, err := h.clusterMajor()
	if err != nil {
		return Binaries{}, err
	}
	if o.BinariesDir != "" {
		b, err := inspect(ctx, o.BinariesDir)
		if err == nil && major != 0 && b.Major != major {
			err = fmt.Errorf("the cluster in %s was made by PostgreSQL %d, and %s has %d", h.data(), major, o.BinariesDir, b.Major)
		}
		return b, err
	}
	if !o.AlwaysDownload {
		if b, ok := Find(ctx, major); ok {
			return b, nil
		}
	}
	o.progress("downloading PostgreSQL (none found on this machine)")
	return download(ctx, filepath.Join(h.base, "programs"), o.Repository, major)
}

// initialise makes the cluster when there is none. It is made beside its final place and moved there when complete,
// so that a start killed halfway leaves nothing that looks like a cluster.
func (h home) initialise(ctx context.Context, b Binaries, o Options) error {
	major, err := h.clusterMajor()
	if err != nil || major != 0 {
		return err
	}
	o.progress("creating a PostgreSQL " + b.Version + " cluster (first start only)")
	password, err := h.newPassword()
	if err != nil {
		return err
	}
	passwordFile := filepath.Join(h.base, "initdb-password")
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		return fmt.Errorf("handing over the password: %w", err)
	}
	defer os.Remove(passwordFile)
	if err := h.account.own(passwordFile); err != nil {
		return err
	}
	var failures []error
	// C.UTF-8 sorts by code point and knows upper and lower case of every script; not every system has it.
	for _, locale := range []string{"C.UTF-8", "en_US.UTF-8", "C"} {
		err := h.initdb(ctx, b, o, locale, passwordFile)
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

func (h home) initdb(ctx context.Context, b Binaries, o Options, locale, passwordFile string) error {
	fresh := h.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clearing an unfinished cluster: %w", err)
	}
	args := []string{
		"--pgdata", fresh, "--username", superuser, "--pwfile", passwordFile,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", locale,
	}
	if o.Throwaway {
		// Only the owner of the socket's folder gets to the server, which has no TCP port.
		args = append(args, "--auth-local", "trust", "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(b.Dir, "initdb"), args...)
	cmd.Dir = h.base
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: h.account.credential()}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("creating the cluster with locale %s: %w: %s", locale, err, reason(out))
	}
	if err := os.Rename(fresh, h.data()); err != nil {
		return fmt.Errorf("putting the new cluster in place: %w", err)
	}
	return nil
}

func (h home) newPassword() (string, error) {
	// A password without a cluster is left from an interrupted first start; a new one replaces it.
	password := rand.Text()
	if err := os.WriteFile(h.password(), []byte(password), 0o600); err != nil {
		return "", fmt.Errorf("keeping the password of the cluster: %w", err)
	}
	return password, nil
}

func (h home) readPassword() (string, error) {
	text, err := os.ReadFile(h.password())
	if err != nil {
		return "", fmt.Errorf("reading the password of the cluster: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// reason picks the line that says why from what a program printed; clean-up messages come after it.
func reason(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, line := range lines {
		if strings.Contains(line, "FATAL:") || strings.Contains(line, "error:") {
			return line
		}
	}
	return lines[len(lines)-1]
}
