package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mattn/go-isatty"
	"gopkg.in/natefinch/lumberjack.v2"

	"billferry/internal/app"
	"billferry/internal/service"
	"billferry/store"
)

// env is what every command works with.
type env struct {
	in       io.Reader
	out, err io.Writer

	dataDir    string
	theme      string
	json       bool
	noInput    bool
	accessible bool
	noKeyring  bool
	started    bool // the call was understood

	owned *app.App
	logs  io.Closer
}

// openWith changes how the store is opened.
type openWith func(*app.Config)

// noPoll opens without asking m3ter for Bills: for commands that end at once.
func noPoll(c *app.Config) { c.PollEvery = -1 }

// ceiling bounds the requests at once, whatever the settings say.
func ceiling(n int) openWith { return func(c *app.Config) { c.Workers = n } }

// open gives the service: the store itself, or the process that has it.
func (e *env) open(ctx context.Context, with ...openWith) (service.Service, error) {
	dir, err := e.folder()
	if err != nil {
		return nil, err
	}
	cfg := app.Config{DataDir: dir, Version: Version, NoKeyring: e.noKeyring, Logger: e.logger(dir)}
	for _, w := range with {
		w(&cfg)
	}
	a, err := app.Open(cfg)
	var locked *store.LockedError
	if errors.As(err, &locked) {
		return app.Attach(ctx, dir, locked)
	}
	if err != nil {
		return nil, err
	}
	e.owned = a
	return a, a.Start(ctx)
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
	return slog.New(slog.NewJSONHandler(w, nil))
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

// print writes v as JSON when asked to, else as text.
func (e *env) print(v any, text func(io.Writer)) error {
	if !e.json {
		text(e.out)
		return nil
	}
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// say writes a message for the person, apart from what a script reads.
func (e *env) say(format string, args ...any) { _, _ = fmt.Fprintf(e.err, format+"\n", args...) }

// terminal tells whether w is one.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// confirm asks before something that cannot be taken back; the default is no.
func (e *env) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if e.noInput || !terminal(e.in) {
		return usagef("%s: say --yes to do it without being asked", question)
	}
	_, _ = fmt.Fprintf(e.err, "%s? [y/N] ", question)
	var answer string
	_, _ = fmt.Fscanln(e.in, &answer)
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return errors.New("left as it was")
	}
	return nil
}

// readFile reads a file, or standard input for "-".
func (e *env) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(e.in)
	}
	return os.ReadFile(name)
}
