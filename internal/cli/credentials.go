package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"billferry/internal/readfile"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// fromCredentials fills what no flag gave from the file that a sandbox wrote,
// and says which flags are missing then.
func (e *env) fromCredentials(file string, q *service.Connect, keyFile *string) error {
	var f sandbox.Files
	if file != "" {
		b, err := e.readFile(file, readfile.Config)
		if err != nil {
			return fmt.Errorf("--credentials: %w", err)
		}
		if err := json.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("--credentials %s: %w: name the credentials.json that 'billferry sandbox --write-credentials' wrote", source(file), err)
		}
	}
	var missing []string
	for _, x := range []struct {
		flag  string
		to    *string
		value string
		must  bool
	}{
		{"account-id", &q.AccountID, f.AccountID, true}, {"client-id", &q.ClientID, f.ClientID, true}, {"key-id", &q.KeyID, f.KeyID, true},
		{"private-key-file", keyFile, f.KeyFile, true}, {"rest-url", &q.RESTURL, f.RESTURL, false}, {"token-url", &q.TokenURL, f.TokenURL, false},
	} {
		if *x.to == "" {
			*x.to = x.value
		}
		if *x.to == "" && x.must {
			missing = append(missing, "--"+x.flag)
		}
	}
	if len(missing) > 0 {
		return usagef("give %s, or --credentials", strings.Join(missing, ", "))
	}
	return nil
}
