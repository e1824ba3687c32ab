package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"billferry/internal/api"
	"billferry/internal/secret"
)

// keyring manages API keys. The owner of the store has it, and so has the
// client of one that is attached.
type keyring interface {
	APIKeys(ctx context.Context) ([]api.Key, error)
	CreateAPIKey(ctx context.Context, name string, scope api.Scope) (api.Key, secret.Value, error)
	RevokeAPIKey(ctx context.Context, id string) error
}

func (e *env) keyring(ctx context.Context) (keyring, error) {
	s, err := e.open(ctx, idle)
	if err != nil {
		return nil, err
	}
	k, ok := s.(keyring)
	if !ok {
		return nil, errors.New("this service keeps no API keys")
	}
	return k, nil
}

func apikeyCommand(e *env) *cobra.Command {
	var name, scope string
	create := &cobra.Command{
		Use: "create --name NAME", Short: "Make a key; its secret is shown once",
		Example: "  billferry apikey create --name terraform --scope write",
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(api.Scopes, api.Scope(scope)) {
				return usagef("--scope %q: use read, write or admin", scope)
			}
			ks, err := e.keyring(c.Context())
			if err != nil {
				return err
			}
			k, s, err := ks.CreateAPIKey(c.Context(), name, api.Scope(scope))
			if err != nil {
				return err
			}
			// The one place where a secret is printed: nobody can ask for it again.
			err = e.print(map[string]string{"accessKeyId": k.ID, "apiSecret": s.Reveal(), "scope": string(k.Scope)}, func(w io.Writer) {
				facts(w, "Access Key id", k.ID, "Api Secret", s.Reveal(), "Scope", string(k.Scope))
				_, _ = fmt.Fprintln(w, "The secret is not shown again.")
			})
			if err == nil {
				return nil
			}
			// Nobody can use a key whose secret nobody saw, but it would stay.
			if gone := ks.RevokeAPIKey(context.WithoutCancel(c.Context()), k.ID); gone != nil {
				return fmt.Errorf("%w; its secret is lost, and the key could not be deleted (%w): run 'billferry apikey revoke %s'", err, gone, k.ID)
			}
			return fmt.Errorf("%w; its secret is lost, so the key was deleted again", err)
		},
	}
	create.Flags().StringVar(&name, "name", "", "what the key is for")
	create.Flags().StringVar(&scope, "scope", "read", "read, write or admin")
	_ = create.MarkFlagRequired("name")
	completeWords(create, "scope", "read", "write", "admin")
	list := &cobra.Command{
		Use: "list", Short: "List keys, without their secrets", Example: "  billferry apikey list",
		RunE: func(c *cobra.Command, _ []string) error {
			ks, err := e.keyring(c.Context())
			if err != nil {
				return err
			}
			keys, err := ks.APIKeys(c.Context())
			if err != nil {
				return err
			}
			return e.print(listed(keys), func(w io.Writer) {
				rows := make([][]string, len(keys))
				for i, k := range keys {
					rows[i] = []string{k.ID, k.Name, string(k.Scope), when(k.Created)}
				}
				table(w, "ID|NAME|SCOPE|CREATED", rows)
			})
		},
	}
	revoke := &cobra.Command{
		Use: "revoke ID", Short: "End a key and its tokens at once", Example: "  billferry apikey revoke 6f1c...",
		ValidArgsFunction: e.completeKeys(),
		RunE: func(c *cobra.Command, args []string) error {
			ks, err := e.keyring(c.Context())
			if err != nil {
				return err
			}
			if err := ks.RevokeAPIKey(c.Context(), args[0]); err != nil {
				return err
			}
			return e.print(map[string]string{"revoked": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "revoked", args[0]) })
		},
	}
	return group("apikey", "Keys for the REST API over TCP", create, list, revoke)
}
