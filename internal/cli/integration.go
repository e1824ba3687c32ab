package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

func integrationCommand(e *env) *cobra.Command {
	return group("integration", "Create, connect and manage integrations",
		createCommand(e), updateCommand(e), integrationListCommand(e), integrationShowCommand(e),
		enableCommand(e, true), enableCommand(e, false), integrationDeleteCommand(e), connectCommand(e), testCommand(e), fieldsCommand(e),
		coverageCommand(e),
		exportCommand(e), applyCommand(e))
}

// resolve finds an integration by id, or by its name or the start of its id
// when that names just one.
func resolve(ctx context.Context, s service.Service, ref string) (service.Summary, error) {
	all, err := s.Integrations(ctx)
	if err != nil {
		return service.Summary{}, err
	}
	return find(all, ref)
}

func find(all []service.Summary, ref string) (service.Summary, error) {
	var hits []service.Summary
	for _, in := range all {
		if in.ID == ref {
			return in, nil
		}
		if strings.EqualFold(in.Name, ref) || (len(ref) >= 4 && strings.HasPrefix(in.ID, ref)) {
			hits = append(hits, in)
		}
	}
	switch len(hits) {
	case 1:
		return hits[0], nil
	case 0:
		return service.Summary{}, fmt.Errorf("integration %q: %w; 'billferry integration list' shows what exists", ref, integration.ErrNotFound)
	}
	return service.Summary{}, fmt.Errorf("%q names %d integrations: give the whole id", ref, len(hits))
}

// openOne opens the service for a command about one integration.
func (e *env) openOne(ctx context.Context, ref string) (service.Service, service.Summary, error) {
	s, err := e.open(ctx, idle)
	if err != nil {
		return nil, service.Summary{}, err
	}
	in, err := resolve(ctx, s, ref)
	return s, in, err
}

func createCommand(e *env) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "create --file FILE", Short: "Create an integration from a YAML or JSON file",
		Example: "  billferry integration create --file us.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := e.readDocument(file)
			if err != nil {
				return err
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			in, err := create(c.Context(), s, d)
			if err != nil {
				return err
			}
			e.warn(c.Context(), s, in)
			return e.printIntegration(in, "created")
		},
	}
	c.Flags().StringVarP(&file, "file", "f", "", "YAML or JSON file in the shape of the API's body; - is standard input")
	_ = c.MarkFlagRequired("file")
	return c
}

func updateCommand(e *env) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "update ID --file FILE", Short: "Replace name and configuration",
		ValidArgsFunction: e.firstIntegration,
		Example:           "  billferry integration update 'Acme US' --file us.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := e.readDocument(file)
			if err != nil {
				return err
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			old, err := resolve(c.Context(), s, args[0])
			if err != nil {
				return err
			}
			in, err := update(c.Context(), s, old.Integration, d)
			if err != nil {
				return err
			}
			e.warn(c.Context(), s, in)
			return e.printIntegration(in, "updated")
		},
	}
	c.Flags().StringVarP(&file, "file", "f", "", "YAML or JSON file; - is standard input")
	_ = c.MarkFlagRequired("file")
	return c
}

// create makes the integration of a document, disabled if it says so.
func create(ctx context.Context, s service.Service, d document) (integration.Integration, error) {
	if err := d.spelling(s.Catalog(), d.EntityType, d.Destination); err != nil {
		return integration.Integration{}, err
	}
	in, err := s.Create(ctx, service.NewIntegration{EntityType: d.EntityType, Destination: d.Destination, Name: d.Name,
		ConfigData: d.ConfigData})
	if err != nil {
		return in, d.blame(err)
	}
	return setEnabled(ctx, s, in, d)
}

// update makes a stored integration what a document says. What cannot be
// changed is refused rather than passed over.
func update(ctx context.Context, s service.Service, old integration.Integration, d document) (integration.Integration, error) {
	if err := d.sameKind(old); err != nil {
		return old, err
	}
	if err := d.spelling(s.Catalog(), old.EntityType, old.Destination); err != nil {
		return old, err
	}
	next := old
	next.ConfigData = d.ConfigData
	if d.Name != "" {
		next.Name = d.Name
	}
	if d.Version != 0 {
		next.Version = d.Version
	}
	in, err := s.Update(ctx, next)
	if err != nil {
		return in, d.blame(err)
	}
	return setEnabled(ctx, s, in, d)
}

func setEnabled(ctx context.Context, s service.Service, in integration.Integration, d document) (integration.Integration, error) {
	if d.Enabled == nil || *d.Enabled == in.Enabled {
		return in, nil
	}
	return s.SetEnabled(ctx, in.ID, *d.Enabled)
}

// warn says what may be saved but will cost the operator something later.
func (e *env) warn(ctx context.Context, s service.Service, in integration.Integration) {
	if d, err := s.Integration(ctx, in.ID); err == nil { // it is saved: what cannot be asked is no failure of that
		for _, o := range d.Overlaps {
			e.say("warning: %s", clean(o.String()))
		}
	}
	f, ok := s.Catalog().Form(in.EntityType, in.Destination)
	if !ok {
		return
	}
	for _, p := range append(f.Validate(in.Name, in.ConfigData), f.Unknown(in.ConfigData)...) {
		if p.Warning {
			e.say("warning: %s", p.Error())
		}
	}
}

func (e *env) printIntegration(in integration.Integration, did string) error {
	return e.print(in, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s %s (%s), version %d\n", did, in.Name, in.ID, in.Version)
		if !in.Authorized {
			_, _ = fmt.Fprintf(w, "it is not connected yet: billferry integration connect %s ...\n", in.ID)
		}
	})
}

func integrationListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List integrations", Example: "  billferry integration list --json",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			all, err := s.Integrations(c.Context())
			if err != nil {
				return err
			}
			return e.print(listed(all), func(w io.Writer) {
				rows := make([][]string, len(all))
				for i, in := range all {
					last := ""
					if in.LastRun != nil {
						last = in.LastRun.Standing()
					}
					rows[i] = []string{in.ID, in.Name, in.EntityType, in.Destination, in.State(), last, strconv.Itoa(in.Bills24h),
						strconv.Itoa(in.NeedsYou)}
				}
				table(w, "ID|NAME|ENTITY|DESTINATION|STATUS|LAST RUN|>24 H|>NEEDS YOU", rows)
				for _, in := range all {
					if u := in.Unreachable; u != nil {
						_, _ = fmt.Fprintf(w, "\n%s: %s\n", in.Name, silent(u))
					}
				}
			})
		},
	}
}

func integrationShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one integration", Example: "  billferry integration show 'Acme US'",
		ValidArgsFunction: e.firstIntegration,
		RunE: func(c *cobra.Command, args []string) error {
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			d, err := s.Integration(c.Context(), in.ID)
			if err != nil {
				return err
			}
			return e.print(d, func(w io.Writer) { showIntegration(w, s.Catalog(), d, e.names(c.Context(), s, d)) })
		},
	}
}

// names are what the ids in the settings are called, as far as they are known.
func (e *env) names(ctx context.Context, s service.Service, d service.Detail) map[string]string {
	f, _ := s.Catalog().Form(d.EntityType, d.Destination)
	items, accounts := f.Ids(d.ConfigData)
	names, _ := s.Names(ctx, service.NamesRequest{IntegrationID: d.ID, Items: items, Accounts: accounts})
	return names
}

func showIntegration(w io.Writer, cat spec.Catalog, d service.Detail, names map[string]string) {
	f, _ := cat.Form(d.EntityType, d.Destination)
	pairs := []string{"Name", d.Name, "ID", d.ID, "Version", strconv.FormatInt(d.Version, 10), "Entity Type", d.EntityType,
		"Destination", d.Destination, "Status", d.State(), "Reason", d.DisabledWhy}
	if c := d.Credentials; c != nil {
		for _, x := range f.Auth {
			if text := c.Values.Text(x.Key); text != "" && !x.Ours {
				pairs = append(pairs, x.Label, text)
			}
		}
		pairs = append(pairs, "Key", strings.TrimSpace(c.KeyType+" "+c.Algorithm+" "+c.Fingerprint), "Connected since", when(c.ConnectedAt))
	}
	facts(w, pairs...)
	for _, p := range spec.Panels {
		var rows []string
		for _, x := range f.Fields {
			if x.Panel == p && x.Key != "name" && x.Shown(d.ConfigData) {
				rows = append(rows, "  "+x.Label, x.ShowNamed(d.ConfigData.Get(x.Key), names))
			}
		}
		if len(rows) > 0 {
			_, _ = fmt.Fprintf(w, "\n%s\n", p)
			facts(w, rows...)
		}
	}
	for _, p := range d.Warnings {
		_, _ = fmt.Fprintf(w, "\nwarning: %s\n", p.Error())
	}
	for _, o := range d.Overlaps {
		_, _ = fmt.Fprintf(w, "\nwarning: %s\n", clean(o.String()))
	}
}

func enableCommand(e *env, on bool) *cobra.Command {
	verb, short := "disable", "Stop sending; Bills that come are recorded"
	if on {
		verb, short = "enable", "Start sending again"
	}
	return &cobra.Command{
		Use: verb + " ID", Short: short, Example: "  billferry integration " + verb + " 'Acme US'",
		ValidArgsFunction: e.firstIntegration,
		RunE: func(c *cobra.Command, args []string) error {
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			got, err := s.SetEnabled(c.Context(), in.ID, on)
			if err != nil {
				return err
			}
			return e.print(got, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is %sd\n", got.Name, verb) })
		},
	}
}

func integrationDeleteCommand(e *env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete ID", Short: "Delete an integration with its credentials and linked mappings",
		ValidArgsFunction: e.firstIntegration,
		Example:           "  billferry integration delete 'Acme US' --yes",
		RunE: func(c *cobra.Command, args []string) error {
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			d, err := s.Integration(c.Context(), in.ID)
			if err != nil {
				return err
			}
			if err := e.confirm(yes, fmt.Sprintf("delete %s with its credentials and %s (its runs are kept)", in.Name,
				many(d.Mappings, "linked mapping"))); err != nil {
				return err
			}
			got, err := s.Delete(c.Context(), in.ID)
			if err != nil {
				return err
			}
			return e.print(got, func(w io.Writer) { _, _ = fmt.Fprintf(w, "deleted %s\n", got.Name) })
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func connectCommand(e *env) *cobra.Command {
	var q service.Connect
	var flags *connectFlags
	c := &cobra.Command{
		Use:               "connect ID --account-id A --client-id C --key-id K --private-key-file FILE",
		Short:             "Prove the credentials of a destination and keep them",
		ValidArgsFunction: e.firstIntegration,
		Example: "  billferry integration connect 'Acme US' --account-id 1234567_SB1 --client-id ... --key-id ... " +
			"--private-key-file private.pem",
		RunE: func(c *cobra.Command, args []string) error {
			if err := flags.read(e, e.catalog()); err != nil {
				return err
			}
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			form, ok := s.Catalog().Form(in.EntityType, in.Destination)
			if !ok {
				return fmt.Errorf("this version has no connection form for %s", in.Destination)
			}
			names, err := flags.fill(e, form, &q)
			if err != nil {
				return err
			}
			q.IntegrationID = in.ID
			got, err := s.Connect(c.Context(), q, e.printStep)
			if err != nil {
				return flagFault(err, names)
			}
			return e.print(got, func(w io.Writer) {
				if !got.Verified {
					_, _ = fmt.Fprintf(w, "%s: credentials kept, not verified\n", in.Name)
					return
				}
				_, _ = fmt.Fprintf(w, "Integration connected successfully\n%s is CONNECTED (%s)\n", in.Name, strings.Join(keyWords(got), ", "))
			})
		},
	}
	flags = newConnectFlags(c.Flags(), e.catalog())
	c.Flags().BoolVar(&q.Unverified, "unverified", false, "keep them without asking the destination")
	return c
}

// keyWords is what may be told of the credentials' secret.
func keyWords(c integration.Credentials) []string {
	out := []string{c.KeyType, c.Algorithm, "key " + c.Fingerprint}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}
