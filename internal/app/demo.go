package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// Demo is an App on a folder of its own with the simulators beside it. Close
// the App first, then Cleanup.
type Demo struct {
	App     *App
	Sandbox *sandbox.Sandbox
	Dir     string

	kept bool
}

// demoPoll is short, so that Bills flow as soon as the newcomer connects.
const demoPoll = 2 * time.Second

// demoGuard is short, so that what is paid or voided by hand shows.
const demoGuard = 10 * time.Second

// StartDemo starts the simulators and an App that knows the m3ter one
// already. The NetSuite side is left to the newcomer: connecting is the point. keep
// names a new folder that stays when the demo ends; without one it has a temporary
// folder.
func StartDemo(ctx context.Context, o sandbox.Options, cfg Config, keep string) (_ *Demo, err error) {
	dir, err := demoFolder(keep)
	if err != nil {
		return nil, err
	}
	d := &Demo{Dir: dir, kept: keep != ""}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Cleanup())
		}
	}()
	if d.Sandbox, err = sandbox.Start(context.WithoutCancel(ctx), o); err != nil {
		return nil, err
	}
	files, err := d.Sandbox.WriteCredentials(filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	cfg.DataDir, cfg.Sandbox, cfg.NoKeyring, cfg.PollEvery = filepath.Join(dir, "data"), true, true, demoPoll
	cfg.Guard = demoGuard
	cfg.History, cfg.PollWindow = -1, 400*24*time.Hour // the seed Bills are older than the integration to come
	cfg.Demo = &service.DemoInfo{
		Destination: netsuite.Form().Destination, Kept: keep, Connect: files.Connect, Items: d.Sandbox.World().ItemWords(),
		Told: []string{
			"External Customer Id " + files.AccountID + " · Client Id " + files.ClientID, "Key Id " + files.KeyID, "Key file " + files.KeyFile,
			"REST URL " + files.RESTURL + " · Token URL " + files.TokenURL,
		},
	}
	cfg.steered = d.Sandbox
	if d.App, err = Open(cfg); err != nil {
		return nil, err
	}
	if err = d.App.ConnectSource(ctx, d.Sandbox.Source(), nil); err == nil {
		err = d.App.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.App.Close())
	}
	return d, nil
}

// catalog is what can be configured. In demo every new integration starts with
// the simulator's default item: without one nearly all seed Bills would stop,
// and the integration would disable itself seconds after it was connected. Prepayments
// have their own, without which their balances could not be compared.
func (c Config) catalog() spec.Catalog {
	all := c.Destinations.Catalog()
	if c.Demo == nil {
		return all
	}
	for _, form := range all {
		for i, f := range form.Fields {
			switch f.Key {
			case netsuite.KeyCommitmentItem:
				form.Fields[i].Default = sandbox.ItemCommitment
				form.Fields[i].Help += " demo fills it in: the end of the month shows what prepayments come to on it."
			case netsuite.KeyDefaultItem:
				form.Fields[i].Default = sandbox.ItemDefault
				form.Fields[i].Help += " demo fills it in: while it is empty, a Bill with a line that no mapping knows stops, as most of " +
					"the seed Bills would."
			}
		}
	}
	return all
}

// demoFolder makes the folder that is to be kept, or a temporary one.
func demoFolder(keep string) (string, error) {
	if keep == "" {
		dir, err := os.MkdirTemp("", "billferry-demo-")
		if err != nil {
			return "", fmt.Errorf("make the demo's folder: %w", err)
		}
		return dir, nil
	}
	switch err := os.Mkdir(keep, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return "", fmt.Errorf("%s is there already: remove it, or name another folder to keep the demo in", keep)
	case err != nil:
		return "", fmt.Errorf("make the demo's folder: %w", err)
	}
	return filepath.Abs(keep)
}

// Cleanup stops the simulators and removes the folder, unless it is to be kept.
func (d *Demo) Cleanup() error {
	if d.Sandbox != nil {
		d.Sandbox.Close()
	}
	if d.kept {
		return nil
	}
	return os.RemoveAll(d.Dir)
}
