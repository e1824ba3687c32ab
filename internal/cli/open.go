package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/service"
)

// openWith changes how the store is opened.
type openWith func(*app.Config)

// idle opens without delivering and without asking m3ter for Bills: for
// commands that end at once. What is due is left to send, serve and the UI.
func idle(c *app.Config) { c.Idle, c.PollEvery = true, -1 }

// noPoll opens without asking m3ter for Bills: what is sent is what was given.
func noPoll(c *app.Config) { c.PollEvery = -1 }

// guarded looks at documents again after they were proven.
func guarded(c *app.Config) { c.Guard = app.DefaultGuard }

// ceiling bounds the requests at once, whatever the settings say.
func ceiling(n int) openWith { return func(c *app.Config) { c.Workers = n } }

// ownerTimeout is how long a command waits for another one to give the store
// back before it says who has it.
const ownerTimeout = 3 * time.Second

// open gives the service: the server that was named, the store itself, or the
// process that has it. The owner may be a command that ends in a moment, so
// one that does not listen is waited for.
func (e *env) open(ctx context.Context, with ...openWith) (service.Service, error) {
	if e.server != "" {
		return e.remote()
	}
	dir, err := e.folder()
	if err != nil {
		return nil, err
	}
	cfg := app.Config{DataDir: dir, Version: Version, NoKeyring: e.noKeyring, Logger: e.logger(dir), Destinations: e.destinations}
	for _, w := range with {
		w(&cfg)
	}
	return untilOwned(ctx, func() (service.Service, error) { return e.openOnce(ctx, cfg) })
}

// untilOwned opens again while another process has the store and does not listen.
func untilOwned[T any](ctx context.Context, open func() (T, error)) (T, error) {
	for until := time.Now().Add(ownerTimeout); ; {
		s, err := open()
		if !errors.Is(err, api.ErrUnavailable) || time.Now().After(until) {
			return s, err
		}
		select {
		case <-ctx.Done():
			return s, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// keep looks after the store of the data folder, through the process that has it.
func (e *env) keep(ctx context.Context, what string, do func(service.Keeper) error) error {
	dir, err := e.localFolder(what)
	if err != nil {
		return err
	}
	k, err := untilOwned(ctx, func() (app.Keeper, error) { return app.OpenKeeper(ctx, dir) })
	if err != nil {
		return err
	}
	return errors.Join(do(k), k.Close())
}

func (e *env) openOnce(ctx context.Context, cfg app.Config) (service.Service, error) {
	a, err := app.Open(cfg)
	if app.Held(err) {
		return app.Attach(ctx, cfg.DataDir, err, e.catalog())
	}
	if err != nil {
		return nil, err
	}
	e.owned = a
	return a, a.Start(ctx)
}

// remote reaches the server that --server names.
func (e *env) remote() (service.Service, error) {
	if e.serverSecretFile == "" || e.serverKey == "" {
		return nil, usagef("--server wants --server-access-key-id and --server-api-secret-file as well")
	}
	key, err := e.readSecret("server-api-secret-file", e.serverSecretFile)
	if err != nil {
		return nil, err
	}
	c, err := api.DialTCP(e.server, e.serverKey, key, e.catalog())
	if err != nil {
		return nil, usagef("--server: %w", err)
	}
	return c, nil
}

// localOnly refuses --server for what works on the data folder itself.
func (e *env) localOnly(what string) error {
	if e.server != "" {
		return usagef("%s works on the data folder of this machine: leave out --server (and BILLFERRY_SERVER)", what)
	}
	return nil
}

// localFolder is the data folder for a command that works on it alone.
func (e *env) localFolder(what string) (string, error) {
	if err := e.localOnly(what); err != nil {
		return "", err
	}
	return e.folder()
}

func (e *env) close() error {
	var err error
	if e.owned != nil {
		err = e.owned.Close()
	}
	if e.logs != nil {
		err = errors.Join(err, e.logs.Close())
	}
	return err
}

func (e *env) logger(dir string) *slog.Logger {
	w := &lumberjack.Logger{Filename: filepath.Join(dir, "billferry.log"), MaxSize: 10, MaxBackups: 5}
	e.logs = w
	l := logWriter{file: w}
	if !terminal(e.err) {
		l.backup = e.err
	}
	return slog.New(slog.NewJSONHandler(l, nil))
}

// folder is the data folder: as asked, else where the platform keeps user data.
func (e *env) folder() (string, error) {
	if e.dataDir != "" {
		return filepath.Abs(e.dataDir)
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" && runtime.GOOS != "windows" {
		return filepath.Join(d, "billferry"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w; name one with --data-dir", err)
	}
	switch runtime.GOOS {
	case "windows":
		if d := os.Getenv("LOCALAPPDATA"); d != "" {
			return filepath.Join(d, "billferry"), nil
		}
		return filepath.Join(home, "AppData", "Local", "billferry"), nil
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "billferry"), nil
	}
	return filepath.Join(home, ".local", "share", "billferry"), nil
}
