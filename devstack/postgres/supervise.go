package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/devstack/child"
)

const (
	shortestPause = 200 * time.Millisecond
	longestPause  = 10 * time.Second
)

// supervise starts the server again when it ends by itself. The port and the socket stay, so that the pools of its
// clients simply reconnect.
func (s *Server) supervise(r *run) {
	defer close(s.done)
	pause := shortestPause
	for {
		began := time.Now()
		<-r.exited
		if time.Since(began) > longestPause {
			pause = shortestPause
		}
		next, ok := s.revive(&pause)
		if !ok {
			return
		}
		r = next
	}
}

// revive tries until the server runs again or Stop was called.
func (s *Server) revive(pause *time.Duration) (*run, bool) {
	if !s.adopt(nil) {
		return nil, false
	}
	for {
		s.options.Logger.Error("postgres is down, starting it again", "pause", *pause)
		select {
		case <-s.life.Done():
			return nil, false
		case <-time.After(*pause):
		}
		*pause = min(*pause*2, longestPause)
		r, err := s.relaunch()
		if err != nil {
			s.options.Logger.Error("postgres does not start", "error", err)
			continue
		}
		if !s.adopt(r) {
			s.end(context.Background(), r)
			return nil, false
		}
		s.options.Logger.Info("postgres is back")
		return r, true
	}
}

func (s *Server) relaunch() (*run, error) {
	ctx, cancel := context.WithTimeout(s.life, startTimeout)
	defer cancel()
	if err := s.home.stopLeftover(ctx, s.options); err != nil {
		return nil, err
	}
	return s.launch(ctx)
}

// adopt makes r the current process (nil: none). It reports false when the server is to stop.
func (s *Server) adopt(r *run) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return false
	}
	s.current = r
	return true
}

// Stop shuts the server down in good order within ctx, and by force after that. It returns when the process is gone.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.quit()
	r := s.current
	s.mu.Unlock()
	var err error
	if r != nil && !s.end(ctx, r) {
		err = fmt.Errorf("PostgreSQL (process %d) does not stop", r.process.Pid)
	}
	if err == nil {
		<-s.done
	}
	return errors.Join(err, s.removeSockets())
}

// end stops one process; when ctx ends early, the polite wait is cut short.
func (s *Server) end(ctx context.Context, r *run) bool {
	return child.Stop(ctx, r.process, r.exited, stopSteps...)
}
