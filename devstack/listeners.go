package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// listeners are all addresses of the all-in-one, taken before anything is started: a taken port is told at once, and
// port 0 is known before the parts that need to know each other's addresses are configured.
type listeners struct {
	http, ops, simulator net.Listener
	// The engine listens by itself in its child process; these only keep the ports until it does. Nil when not needed.
	temporal, temporalUI net.Listener
}

func openListeners(ctx context.Context, c upCommand, withEngine bool) (l listeners, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
			l = listeners{}
		}
	}()
	type wish struct {
		flag, address string
		into          *net.Listener
	}
	wishes := []wish{
		{"listen", c.Listen, &l.http},
		{"ops-listen", c.OpsListen, &l.ops},
		{"simulator-listen", c.SimulatorListen, &l.simulator},
	}
	if withEngine {
		wishes = append(wishes,
			wish{"temporal-listen", c.TemporalListen, &l.temporal},
			wish{"temporal-ui-listen", c.TemporalUIListen, &l.temporalUI})
	}
	for _, w := range wishes {
		if *w.into, err = listen(ctx, w.flag, w.address); err != nil {
			return l, err
		}
	}
	for _, w := range wishes[3:] {
		if !onLoopback(*w.into) {
			return l, fmt.Errorf("--%s %s: the engine has no sign-in and stays on this machine: use 127.0.0.1", w.flag, w.address)
		}
	}
	return l, nil
}

func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err == nil {
		return l, nil
	}
	variable := "TANDEM_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--%s %s: another program has this port: choose another with --%s host:port or %s "+
			"(port 0 takes any free one)", flag, address, flag, variable)
	}
	return nil, fmt.Errorf("--%s %s: %w", flag, address, err)
}

func onLoopback(l net.Listener) bool {
	addr, ok := l.Addr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// dialable is the host:port under which this machine reaches the listener: one on all interfaces by loopback.
func dialable(l net.Listener) string {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok || !addr.IP.IsUnspecified() {
		return l.Addr().String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(addr.Port))
}

// release frees the engine's ports just before the engine takes them.
func (l *listeners) release() error {
	return errors.Join(closeListener(&l.temporal), closeListener(&l.temporalUI))
}

// close closes what is still open; a server that took over a listener has closed it already.
func (l *listeners) close() error {
	return errors.Join(closeListener(&l.http), closeListener(&l.ops), closeListener(&l.simulator), l.release())
}

func closeListener(l *net.Listener) error {
	if *l == nil {
		return nil
	}
	err := (*l).Close()
	*l = nil
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing a listener: %w", err)
	}
	return nil
}
