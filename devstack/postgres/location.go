package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// home is where one cluster lives.
type home struct {
	// dir is the caller's folder: the password and, when the cluster is elsewhere, a note saying where.
	dir string
	// base belongs to the server's account and holds the cluster (data) and downloaded programs.
	base    string
	account *account
}

func (h home) data() string     { return filepath.Join(h.base, "data") }
func (h home) password() string { return filepath.Join(h.dir, "password") }

const (
	locationFile = "location"
	ownerFile    = "owner"
)

// openHome finds or makes the folder of the cluster. It is inside dir, unless the server's account can't get there
// (a folder below /root, say): then it is a folder in /var/tmp, whose path is written into dir.
func openHome(dir string, a *account) (home, error) {
	h := home{dir: dir, account: a}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return home{}, fmt.Errorf("making the folder of the cluster: %w", err)
	}
	recorded, err := os.ReadFile(filepath.Join(dir, locationFile))
	switch {
	case err == nil:
		h.base = strings.TrimSpace(string(recorded))
		return h, h.claimOutside()
	case !errors.Is(err, fs.ErrNotExist):
		return home{}, fmt.Errorf("reading where the cluster is: %w", err)
	}
	h.base = filepath.Join(dir, "cluster")
	if _, err := os.Lstat(h.base); err == nil {
		return h, h.claimInside()
	}
	if a.canReach(dir) {
		return h, h.makeBase()
	}
	return h.moveOutside()
}

func (h home) claimInside() error {
	if !h.account.canReach(h.dir) {
		return fmt.Errorf("user %s can't reach the cluster in %s: open the folders above it (chmod o+x)", h.account.name, h.dir)
	}
	if !h.account.owns(h.base) {
		return fmt.Errorf("the cluster in %s was made under another user: start as that user, or remove %s to begin with an empty one",
			h.base, h.dir)
	}
	return nil
}

func (h home) makeBase() error {
	if err := os.MkdirAll(h.base, 0o700); err != nil {
		return fmt.Errorf("making the folder of the cluster: %w", err)
	}
	return h.account.own(h.base)
}

// moveOutside chooses a folder that the account can reach and remembers it. The name comes from the path of dir, so
// that a start that was interrupted here finds the same folder again.
func (h home) moveOutside() (home, error) {
	sum := sha256.Sum256([]byte(h.dir))
	name := "tandem-" + hex.EncodeToString(sum[:6])
	parent := "/var/tmp"
	if !h.account.canReach(parent) {
		parent = os.TempDir()
	}
	h.base = filepath.Join(parent, name)
	if err := os.Mkdir(h.base, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return home{}, fmt.Errorf("making the folder of the cluster: %w", err)
	} else if err == nil {
		if err := h.account.own(h.base); err != nil {
			return home{}, err
		}
	}
	// /var/tmp is open to everybody: a folder or link that somebody else put there is refused.
	if !h.account.owns(h.base) {
		return home{}, fmt.Errorf("%s is in the way and belongs to somebody else", h.base)
	}
	if err := os.WriteFile(filepath.Join(h.base, ownerFile), []byte(h.dir), 0o600); err != nil {
		return home{}, fmt.Errorf("noting whose cluster it is: %w", err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, locationFile), []byte(h.base+"\n"), 0o600); err != nil {
		return home{}, fmt.Errorf("noting where the cluster is: %w", err)
	}
	return h, nil
}

// claimOutside checks the folder that an earlier start chose. A copied data folder points at the same cluster as the
// original; opening it twice would stop the other one's server, so that only the owner (or its heir, when the owner's
// folder is gone) gets it.
func (h home) claimOutside() error {
	if !h.account.owns(h.base) {
		return fmt.Errorf("the cluster was in %s, which is gone or not ours any more: remove %s to begin with an empty one",
			h.base, h.dir)
	}
	noted, err := os.ReadFile(filepath.Join(h.base, ownerFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading whose cluster it is: %w", err)
	}
	owner := strings.TrimSpace(string(noted))
	if owner == h.dir {
		return nil
	}
	if _, err := os.Stat(owner); owner != "" && err == nil {
		return fmt.Errorf("the cluster in %s belongs to %s; remove %s to begin with an empty one", h.base, owner, h.dir)
	}
	if err := os.WriteFile(filepath.Join(h.base, ownerFile), []byte(h.dir), 0o600); err != nil {
		return fmt.Errorf("noting whose cluster it is: %w", err)
	}
	return nil
}
