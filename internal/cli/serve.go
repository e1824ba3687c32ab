package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/ui"
	"billferry/ui/accessible"
)

// ui runs the terminal program on the embedded or the attached store.
func (e *env) ui(ctx context.Context) error {
	s, err := e.open(ctx, guarded)
	if err != nil {
		return err
	}
	return e.screens(ctx, s)
}

func (e *env) screens(ctx context.Context, s service.Service) error {
	if e.plain() {
		return accessible.Run(ctx, s, e.in, e.screen())
	}
	if !terminal(e.out) || !terminal(e.in) {
		return usagef("the terminal UI needs a terminal; use --accessible for plain prompts, or a command (see --help)")
	}
	return ui.Run(ctx, s, ui.Options{In: e.in, Out: e.screen(), Theme: e.theme, ASCII: e.ascii, NoMouse: e.noMouse})
}

// plain tells whether plain prompts are wanted in place of screens.
func (e *env) plain() bool { return e.accessible || os.Getenv("ACCESSIBLE") != "" }

func demoCommand(e *env) *cobra.Command {
	var o sandbox.Options
	var account, keep string
	c := &cobra.Command{
		Use: "demo", Short: "Try everything against local simulators of NetSuite and m3ter",
		Long: `Demo starts simulators of NetSuite and m3ter on the loopback interface, writes a
private key that the NetSuite simulator knows, and opens the terminal UI on a
store in a temporary folder with seed Bills. Nothing leaves this machine. With
--keep the store stays in a folder of your choice; the simulators' records do not.`,
		Example: "  billferry demo\n  billferry demo --account strict\n  billferry demo --keep tour",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cmp.Or(atLeast(0, "bills", o.Bills), atLeast(0, "latency", o.Latency), e.localOnly("demo")); err != nil {
				return err
			}
			if err := openAccount(&o, account); err != nil {
				return err
			}
			if !terminal(e.out) && !e.plain() {
				return usagef("demo needs a terminal; see 'billferry sandbox' for the simulators alone")
			}
			d, err := app.StartDemo(c.Context(), o, app.Config{Version: Version, Logger: nil, Destinations: e.destinations}, keep)
			if err != nil {
				return err
			}
			e.owned = d.App
			defer func() { _ = d.Cleanup() }()
			err = e.screens(c.Context(), d.App)
			if keep != "" {
				e.say("the demo's store stays; look at it with: billferry --data-dir %s", shellWord(filepath.Join(keep, "data")))
			}
			return err
		},
	}
	c.Flags().DurationVar(&o.Latency, "latency", 400*time.Millisecond, "how long the NetSuite simulator takes for a request")
	c.Flags().IntVar(&o.Bills, "bills", 40, "seed Bills")
	c.Flags().StringVar(&keep, "keep", "", "new folder in which the demo's store stays when you leave")
	accountFlag(c, &account)
	return c
}

// accountFlag names the NetSuite account to simulate.
func accountFlag(c *cobra.Command, to *string) {
	names := sandbox.AccountNames()
	c.Flags().StringVar(to, "account", "plain", "the NetSuite account to simulate: "+strings.Join(names, ", ")+
		", or a YAML file (docs/SANDBOX.md)")
	completeWords(c, "account", names...)
}

func openAccount(o *sandbox.Options, nameOrFile string) (err error) {
	if o.Account, err = sandbox.OpenAccount(nameOrFile); err != nil {
		return usagef("--account: %w", err)
	}
	return nil
}

func sandboxCommand(e *env) *cobra.Command {
	var o sandbox.Options
	var faults []string
	var dir, account string
	c := &cobra.Command{
		Use: "sandbox", Short: "Run the simulators of NetSuite and m3ter alone",
		Long: `Sandbox serves a NetSuite and a m3ter simulator on the loopback interface until
it is stopped. It prints their addresses as JSON; with --write-credentials it
also writes the key files that they accept, and the seed Bills.`,
		Example: "  billferry sandbox --write-credentials creds --latency 300ms --concurrency 5 --fault refuse=0.02",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cmp.Or(atLeast(0, "bills", o.Bills), atLeast(1, "concurrency", o.Concurrency), atLeast(0, "latency", o.Latency),
				loopback("netsuite-listen", o.NetSuiteListen), loopback("m3ter-listen", o.M3terListen)); err != nil {
				return err
			}
			if err := openAccount(&o, account); err != nil {
				return err
			}
			for _, f := range faults {
				x, err := sandbox.ParseFault(f)
				if err != nil {
					return usagef("--fault: %w", err)
				}
				o.Faults = append(o.Faults, x)
			}
			sb, err := sandbox.Start(c.Context(), o)
			if err != nil {
				return err
			}
			defer sb.Close()
			shown := map[string]any{"netsuiteUrl": sb.NetSuiteURL(), "tokenUrl": sb.TokenURL(), "m3terUrl": sb.M3terURL(), "orgId": sb.OrgID(),
				"account": o.Account.Name,
				"pid":     os.Getpid()}
			if dir != "" {
				files, err := sb.WriteCredentials(dir)
				if err != nil {
					return err
				}
				bills, err := writeBills(sb, dir)
				if err != nil {
					return err
				}
				shown["credentials"], shown["billsFile"] = files, bills
			}
			if err := e.printJSON(shown); err != nil { // for a script in any case
				return err
			}
			<-c.Context().Done()
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.NetSuiteListen, "netsuite-listen", "127.0.0.1:0", "loopback address of the NetSuite simulator")
	f.StringVar(&o.M3terListen, "m3ter-listen", "127.0.0.1:0", "loopback address of the m3ter simulator")
	f.DurationVar(&o.Latency, "latency", 0, "how long NetSuite takes for a request")
	f.IntVar(&o.Concurrency, "concurrency", 5, "requests NetSuite takes at once; more are refused")
	f.StringArrayVar(&faults, "fault", nil, "inject a fault, KIND=RATE, e.g. refuse=0.02; may be given more than once")
	f.IntVar(&o.Bills, "bills", 40, "seed Bills")
	f.Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same Bills and faults")
	f.StringVar(&dir, "write-credentials", "", "folder to write key files and the seed Bills to")
	accountFlag(c, &account)
	return c
}

// loopback refuses an address that the simulators do not listen on.
func loopback(flag, addr string) error {
	if err := sandbox.CheckListen(addr); err != nil {
		return usagef("--%s: %w", flag, err)
	}
	return nil
}

// writeBills puts the seed Bills beside the credentials, for 'send --from'.
func writeBills(sb *sandbox.Sandbox, dir string) (string, error) {
	name := filepath.Join(dir, "bills.ndjson")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("write the seed Bills: %w", err)
	}
	w := bufio.NewWriter(f)
	var buf []byte
	for _, b := range sb.World().Bills {
		buf = append(b.Append(buf[:0], true, true), '\n')
		_, _ = w.Write(buf) // a bufio.Writer keeps its first error for Flush
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return "", fmt.Errorf("write the seed Bills: %w", err)
	}
	return name, nil
}

func serveCommand(e *env) *cobra.Command {
	var listen []string
	var tcp api.TCP
	var backfill, guard time.Duration
	var notifyFile, database, sealFile string
	keep := app.DefaultKeep
	c := &cobra.Command{
		Use: "serve", Short: "Run the engine and the local API without a screen",
		Long: `Serve polls m3ter, delivers what is due and answers on a unix socket in the data
folder, until it is stopped. A terminal UI started meanwhile attaches to it.

With --listen it answers on TCP as well; only API keys get in there (billferry
apikey create). Beyond loopback that takes TLS files, or --insecure.

With --database the store is a PostgreSQL database in place of the file; the data
folder keeps socket, log and sealing key, and commands there go through this process.
Start it on as many machines as you like, with the same sealing key: each NetSuite
account is sent into by one of them, and another takes over when that is gone.
A password is best left out of the URL: PostgreSQL reads PGPASSWORD and ~/.pgpass.`,
		Example: "  billferry serve --data-dir /var/lib/billferry\n  billferry serve --listen 127.0.0.1:8080\n" +
			"  billferry serve --database postgres://billferry@db.example.com/billferry",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cmp.Or(atLeast(0, "backfill", backfill), atLeast(0, "guard", guard)); err != nil {
				return err
			}
			for _, l := range listen {
				tcp.Addr = l
				if err := api.CheckListen(tcp); err != nil {
					return usagef("--listen: %w", err)
				}
			}
			if sealFile != "" && database == "" {
				return usagef("--sealing-key-file goes with --database; a file has its key beside it")
			}
			dir, err := e.localFolder("serve")
			if err != nil {
				return err
			}
			s, err := e.open(c.Context(), func(cfg *app.Config) {
				cfg.History, cfg.Keep, cfg.NotifyFile, cfg.Guard = backfill, keep, notifyFile, guard
				cfg.Database, cfg.SealFile = database, sealFile
			})
			if err != nil {
				return err
			}
			if e.owned == nil {
				i, err := s.Info(c.Context())
				if err != nil {
					return err
				}
				return fmt.Errorf("process %d serves %s already", i.PID, i.DataDir)
			}
			what := dir
			if database != "" {
				what = "the database at " + e.owned.Database()
			}
			e.say("serving %s on %s", what, app.SocketPath(dir))
			on := []string{}
			for _, l := range listen {
				tcp.Addr = l
				addr, err := e.owned.ListenTCP(c.Context(), tcp)
				if err != nil {
					return err
				}
				e.say("serving the API on %s", addr)
				on = append(on, addr)
			}
			if e.json { // for the script that started it and waits for this
				if err := e.printJSON(map[string]any{"pid": os.Getpid(), "dataDir": dir, "socket": app.SocketPath(dir), "listen": on}); err != nil {
					return err
				}
			}
			<-c.Context().Done()
			e.say("stopping: calls under way are finished, nothing new is sent")
			return nil
		},
	}
	f := c.Flags()
	f.StringArrayVar(&listen, "listen", nil, "TCP address for the API, host:port; may be given more than once")
	f.StringVar(&tcp.CertFile, "tls-cert", "", "PEM certificate for --listen")
	f.StringVar(&tcp.KeyFile, "tls-key", "", "PEM key for --listen")
	f.BoolVar(&tcp.Insecure, "insecure", false, "allow --listen beyond loopback without TLS")
	f.StringVar(&database, "database", "", "URL of a PostgreSQL database that is the store (postgres://USER@HOST/DATABASE)")
	f.StringVar(&sealFile, "sealing-key-file", "", "with --database: the sealing key, in a file (default: seal.key in the data folder)")
	f.Var(&keep, "keep-runs", "delete settled runs older than this (7y, 90d; 0 keeps them for ever)")
	f.StringVar(&notifyFile, "notify", "", "settings of webhooks and mail (default: notify.yaml in the data folder, if it is there)")
	f.DurationVar(&guard, "guard", app.DefaultGuard, "how often documents are looked at again for what people did to them; 0 never")
	f.DurationVar(&backfill, "backfill", 0, "also deliver Bills calculated up to this long before an integration was created")
	return c
}

// algorithms are those that NetSuite takes for a certificate and that are worth
// choosing.
var algorithms = []string{"ES256", "ES384", "ES512", "PS256"}

func keygenCommand(e *env) *cobra.Command {
	var dir, alg string
	var days int
	c := &cobra.Command{
		Use: "keygen --out DIR", Short: "Make a key and a certificate that NetSuite accepts",
		Example: "  billferry keygen --out keys --algorithm ES256 --days 365",
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(algorithms, alg) {
				return usagef("--algorithm %q: use one of %s", alg, strings.Join(algorithms, ", "))
			}
			if days < 1 || days > 730 {
				return usagef("--days %d: a certificate can live 1 to 730 days in NetSuite", days)
			}
			k, err := app.GenerateKeyFiles(dir, alg, days, time.Now())
			if err != nil {
				return err
			}
			return e.print(k, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "private key  %s (keep it; 0600)\ncertificate  %s (upload it to NetSuite)\nexpires      "+
					"%s\nkey          %s %s %s\n",
					k.KeyFile, k.CertFile, k.Expires.Format(time.DateOnly), k.Info.Type, k.Info.Algorithm, k.Info.Fingerprint)
				for _, words := range e.systemWords() {
					if words.NewKey != "" {
						_, _ = fmt.Fprintln(w, words.NewKey)
					}
				}
			})
		},
	}
	f := c.Flags()
	f.StringVar(&dir, "out", "", "folder to write to; files are never written over")
	f.StringVar(&alg, "algorithm", "ES256", strings.Join(algorithms, ", "))
	f.IntVar(&days, "days", 365, "validity of the certificate; NetSuite allows 730 at most")
	_ = c.MarkFlagRequired("out")
	completeWords(c, "algorithm", algorithms...)
	return c
}
