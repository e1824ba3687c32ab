package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// What lies in docs/deploy is read as those who run it read it: so far as that can be
// told without them. What can be is checked by them too, where they are.

func deployFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("docs", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// starts holds a command line of billferry to the flags that it has.
func starts(t *testing.T, where string, args []string) {
	t.Helper()
	i := slices.IndexFunc(args, func(a string) bool { return a == "serve" })
	if i < 0 {
		t.Fatalf("%s: %q does not serve", where, args)
	}
	help, err := exec.CommandContext(t.Context(), binary, "serve", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range args {
		name, _, _ := strings.Cut(a, "=")
		if strings.HasPrefix(name, "--") && !regexp.MustCompile(regexp.QuoteMeta(name)+`\b`).Match(help) {
			t.Errorf("%s: billferry serve has no %s", where, name)
		}
	}
}

type compose struct {
	Name     string
	Common   any `yaml:"x-billferry"` // of the replicas
	Services map[string]struct {
		Image, Restart string
		Build          struct{ Context, Dockerfile string }
		Command        []string
		Environment    map[string]string
		Secrets        []string
		Volumes        []string
		Ports          []string
		DependsOn      map[string]struct{ Condition string } `yaml:"depends_on"`
		Healthcheck    struct {
			Test     []string
			Interval string
			Retries  int
		}
		StopGracePeriod string   `yaml:"stop_grace_period"`
		MemLimit        string   `yaml:"mem_limit"`
		ReadOnly        bool     `yaml:"read_only"`
		CapDrop         []string `yaml:"cap_drop"`
		SecurityOpt     []string `yaml:"security_opt"`
	}
	Volumes map[string]struct{}
	Secrets map[string]struct{ File string }
}

func TestTheComposeFileHolds(t *testing.T) {
	t.Parallel()
	var c compose
	if err := yaml.UnmarshalWithOptions([]byte(deployFile(t, "compose.yaml")), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	secrets, volumes := map[string]bool{}, map[string]bool{}
	replicas := 0
	for name, s := range c.Services {
		if s.Restart == "" || s.StopGracePeriod == "" {
			t.Errorf("%s does not come again, or is killed in 10 seconds", name)
		}
		for _, x := range s.Secrets {
			secrets[x] = true
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if volumes[from] {
				t.Errorf("two services write to %s", from)
			}
			volumes[from] = true
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: %s is open to all", name, p)
			}
		}
		for on, how := range s.DependsOn {
			if how.Condition == "service_healthy" && len(c.Services[on].Healthcheck.Test) == 0 {
				t.Errorf("%s waits for %s, which has no check", name, on)
			}
		}
		for _, v := range s.Environment {
			if x, ok := strings.CutPrefix(v, "/run/secrets/"); ok && !slices.Contains(s.Secrets, x) {
				t.Errorf("%s reads %s and does not have it", name, v)
			}
		}
		if s.Build.Dockerfile == "" {
			if !regexp.MustCompile(`:\d`).MatchString(s.Image) {
				t.Errorf("%s: the image %s has no version", name, s.Image)
			}
			continue
		}
		replicas++
		starts(t, name, s.Command)
		if _, err := os.Stat(filepath.Join("docs", "deploy", s.Build.Context, s.Build.Dockerfile)); err != nil {
			t.Error(err)
		}
		for _, a := range s.Command {
			if _, x, ok := strings.Cut(a, "/run/secrets/"); ok && !slices.Contains(s.Secrets, x) {
				t.Errorf("%s reads %s and does not have it", name, a)
			}
		}
	}
	if replicas != 2 {
		t.Errorf("%d replicas", replicas)
	}
	if !maps.Equal(keys(c.Secrets), secrets) || !maps.Equal(keys(c.Volumes), volumes) {
		t.Errorf("secrets %v and volumes %v are used; there are %v and %v", secrets, volumes, keys(c.Secrets), keys(c.Volumes))
	}
}

func keys[V any](m map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range m {
		out[k] = true
	}
	return out
}

// The rules are those of hadolint that can break something: versions, one user
// without rights, commands as lists, files from stages that there are.
func TestTheContainerfileHolds(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`\\\n`).ReplaceAllString(deployFile(t, "Containerfile"), " ")
	stages, base := map[string]bool{}, ""
	var entry, cmd []string
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "", "#", "WORKDIR", "ARG", "VOLUME", "EXPOSE":
		case "RUN":
			if strings.Contains(rest, "sudo ") || strings.Contains(rest, "cd ") {
				t.Errorf("RUN %s", rest)
			}
		case "FROM":
			base, _, _ = strings.Cut(rest, " ")
			if _, stage, ok := strings.Cut(rest, " AS "); ok {
				stages[stage] = true
			}
			if !regexp.MustCompile(`:[\w.-]+$`).MatchString(base) || strings.HasSuffix(base, ":latest") {
				t.Errorf("FROM %s has no version", base)
			}
		case "COPY":
			if m := regexp.MustCompile(`--from=(\S+)`).FindStringSubmatch(rest); m != nil && !stages[m[1]] {
				t.Errorf("COPY %s: there is no such stage before", rest)
			}
		case "ENTRYPOINT":
			if err := json.Unmarshal([]byte(rest), &entry); err != nil {
				t.Errorf("ENTRYPOINT %s is no list: %v", rest, err)
			}
		case "CMD":
			if err := json.Unmarshal([]byte(rest), &cmd); err != nil {
				t.Errorf("CMD %s is no list: %v", rest, err)
			}
		default:
			t.Errorf("%s: not known here", word)
		}
	}
	if !strings.HasSuffix(base, ":nonroot") {
		t.Errorf("it runs as root: %s", base)
	}
	starts(t, "Containerfile", append(entry, cmd...))
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	wants := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))[1]
	if !strings.Contains(text, "golang:"+wants) {
		t.Errorf("it is not built with Go %s", wants)
	}
}

func TestTheUnitsHold(t *testing.T) {
	t.Parallel()
	unit, more := deployFile(t, "billferry.service"), deployFile(t, "database.conf")
	for name, text := range map[string]string{"billferry.service": unit, "database.conf": more} {
		text = strings.ReplaceAll(text, "\\\n", " ")
		m := regexp.MustCompile(`(?m)^ExecStart=(\S.*)$`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("%s starts nothing", name)
		}
		starts(t, name, strings.Fields(m[1]))
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here, which reads the units as systemd does")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "billferry.service.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"billferry.service": unit, "billferry.service.d/database.conf": more} {
		text = strings.ReplaceAll(text, "/usr/local/bin/billferry", binary)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", filepath.Join(dir, "billferry.service")).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}
