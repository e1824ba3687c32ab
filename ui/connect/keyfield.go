package connect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/readfile"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/ui/files"
	"billferry/ui/load"
	"billferry/ui/picker"
)

const (
	pasted   = "(pasted key)"
	keyRests = 150 * time.Millisecond
)

// keyField is where the private key comes from and what is known of it.
type keyField struct {
	last    load.Latest
	typing  strings.Builder // of a paste that arrives key by key
	open    bool            // such a paste has begun
	swallow bool            // the line end after it is not an enter
	pem     secret.Value    // read and good
	// saveNext: save was pressed before the key was read, and goes on then.
	saveNext bool
	tabNext  bool // so was tab, which completes the path or goes on
	info     service.KeyInfo
	err      error
	files    []string // what the path could go on as
}

// keyRead is what was found out about a key.
type keyRead struct {
	pem   secret.Value
	info  service.KeyInfo
	files []string
}

// pasteKey handles a key press that belongs to a pasted PEM; false when it
// does not.
func (d *Dialog) pasteKey(m tea.KeyMsg) (bool, tea.Cmd) {
	if d.keyID == "" {
		return false, nil
	}
	k := &d.key
	if m.Paste && secret.HoldsKey(string(m.Runes)) {
		d.toKeyField()
		return true, d.takePEM(string(m.Runes))
	}
	if d.form.FocusID() != d.keyID {
		return false, nil
	}
	if k.swallow {
		k.swallow = false
		if m.String() == "enter" {
			return true, nil
		}
	}
	text := string(m.Runes)
	switch {
	case k.open && (m.String() == "enter" || m.String() == "ctrl+j"):
		text = "\n"
	case k.open && m.Type != tea.KeyRunes && m.Type != tea.KeySpace:
		k.open = false // another key ends a paste that never ended itself
		k.typing.Reset()
		return false, nil
	case !k.open && (m.Type != tea.KeyRunes || !looksPEM(d.typedPath()+text)):
		return false, nil
	case !k.open:
		k.open = true
		k.typing.WriteString(d.typedPath())
	}
	k.typing.WriteString(text)
	if !wholePEM(k.typing.String()) {
		return true, nil
	}
	whole := k.typing.String()
	k.open, k.swallow = false, true
	k.typing.Reset()
	return true, d.takePEM(whole)
}

// strayKey notices a key that arrives key by key in another field, or behind a path
// in its own: what has come of it is taken out of there, and the rest goes where it
// belongs.
func (d *Dialog) strayKey() {
	id := d.form.FocusID()
	text, _ := d.form.Value(id).(string)
	at := strings.Index(text, "-----BEGIN")
	if d.keyID == "" || d.key.open || at < 0 {
		return
	}
	d.form.Set(id, text[:at])
	d.toKeyField()
	d.form.Set(d.keyID, "")
	d.key.open = true
	d.key.typing.Reset()
	d.key.typing.WriteString(text[at:])
}

// toKeyField moves to the field of the key, and says so if it was elsewhere.
func (d *Dialog) toKeyField() {
	if d.form.FocusID() != d.keyID {
		d.note = "That is a private key: it was taken to its own field."
		d.form.Focus(d.keyID)
	}
}

func (d *Dialog) typedPath() string {
	s, _ := d.form.Value(d.keyID).(string)
	return s
}

// TakesKey implements screen.KeyTaker: where the destination takes no private key, a
// field whose text is not shown takes any.
func (d *Dialog) TakesKey() bool {
	x, _, _ := d.form.Focused()
	return d.keyID != "" || x.Kind.Hidden()
}

// takePEM checks a pasted key.
func (d *Dialog) takePEM(text string) tea.Cmd {
	d.form.Set(d.keyID, pasted)
	pem := secret.New(normalise(text))
	return d.inspect(func() (secret.Value, []string, error) { return pem, nil, nil })
}

// inspect has a key checked that find comes by.
func (d *Dialog) inspect(find func() (pem secret.Value, files []string, err error)) tea.Cmd {
	svc := d.env.Service
	return load.Newest(&d.key.last, d, load.Deadline, func(ctx context.Context) (r keyRead, err error) {
		if r.pem, r.files, err = find(); err == nil {
			r.info, err = svc.InspectKey(ctx, r.pem)
		}
		if err != nil {
			r.pem = secret.Value{}
		}
		return r, err
	}, func(r keyRead, err error) tea.Cmd {
		d.key.pem, d.key.info, d.key.err, d.key.files = r.pem, r.info, err, r.files
		if d.key.saveNext {
			d.key.saveNext = false
			return d.save(d.unverified)
		}
		if d.key.tabNext {
			d.key.tabNext = false
			return d.tab()
		}
		return nil
	})
}

// unread tells that the file of the typed path was not looked for yet.
func (d *Dialog) unread() bool {
	return d.keyID != "" && d.key.pem.Empty() && d.key.err == nil && d.typedPath() != ""
}

// tab completes the path as a shell does, and where nothing can be added goes on to
// the next field.
func (d *Dialog) tab() tea.Cmd {
	switch to := completed(d.key.files); {
	case d.form.FocusID() != d.keyID:
		return nil
	case d.unread():
		d.key.tabNext = true
		return d.readKey()
	case len(to) > len(d.typedPath()):
		d.form.Set(d.keyID, to)
		return d.pathChanged()
	}
	d.form.Update(tea.KeyMsg{Type: tea.KeyTab})
	return nil
}

// pathChanged checks the file once the path rests.
func (d *Dialog) pathChanged() tea.Cmd {
	d.key.pem, d.key.info, d.key.err, d.key.files = secret.Value{}, service.KeyInfo{}, nil, nil
	d.key.saveNext, d.key.tabNext = false, false
	return d.key.last.After(d, keyRests, d.readKey)
}

// readKey reads the file of the typed path and has it checked; when there is
// no such file it says what the path could go on as.
func (d *Dialog) readKey() tea.Cmd {
	path := d.typedPath()
	if path == "" || path == pasted {
		return nil
	}
	return d.inspect(func() (secret.Value, []string, error) {
		pem, err := LoadKey(path)
		if err != nil {
			return pem, files.Complete(path), err
		}
		return pem, nil, nil
	})
}

// readKeyFile reads a small regular file.
func readKeyFile(path string) (string, error) {
	b, err := readfile.Read(files.Expand(path), readfile.Key)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("there is no file %s: check the path, or choose it with ctrl+f", path)
	case errors.Is(err, os.ErrPermission):
		return "", fmt.Errorf("the file %s cannot be read: you have no permission to", path)
	case errors.Is(err, readfile.ErrNotRegular):
		return "", fmt.Errorf("%w; go on typing, or choose one with ctrl+f", err)
	}
	return string(b), err
}

// LoadKey reads a private key from a path, or takes the PEM text itself, and
// mends what was done to it on the way. The certificate that lies beside a key
// file comes with it: it tells how long the destination takes the key.
func LoadKey(pathOrPEM string) (secret.Value, error) {
	if looksPEM(pathOrPEM) {
		return secret.New(normalise(pathOrPEM)), nil
	}
	if secret.HoldsKey(pathOrPEM) { // no error may repeat it as a path
		return secret.Value{}, errors.New("this is a part of a private key: paste the whole of it, with its BEGIN and END lines, or give " +
			"the path of its file")
	}
	text, err := readKeyFile(pathOrPEM)
	if err != nil {
		return secret.Value{}, err
	}
	return secret.New(normalise(WithCertificate(pathOrPEM, text))), nil
}

// WithCertificate puts the certificate that lies beside a key file behind the
// key, where the file has none itself.
func WithCertificate(keyFile, key string) string {
	if !looksPEM(key) || strings.Contains(key, "CERTIFICATE-----") {
		return key
	}
	for _, path := range certificates(keyFile) {
		if c, err := readKeyFile(path); err == nil && strings.Contains(c, "BEGIN CERTIFICATE-----") && !strings.Contains(c, "PRIVATE KEY-----") {
			return key + "\n" + c
		}
	}
	return key
}

// completed is the longest text that all completions begin with.
func completed(files []string) string {
	if len(files) == 0 {
		return ""
	}
	first, last := files[0], files[len(files)-1] // sorted: these differ most
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return strings.ToValidUTF8(first[:n], "")
}

// chooseFile opens the picker over files; choosing a folder opens it again.
func (d *Dialog) chooseFile(query string) tea.Cmd {
	search := func(_ context.Context, query string, limit int) ([]picker.Choice, error) {
		var out []picker.Choice
		for _, path := range files.Complete(query) {
			note := "folder"
			if !files.IsFolder(path) {
				note = ""
			}
			if len(out) < limit {
				out = append(out, picker.Choice{ID: path, Name: filepath.Base(path), Note: note})
			}
		}
		return out, nil
	}
	return d.env.Open(picker.New(picker.Options{Title: "Private key file", Tag: d.tag(), Query: query, Search: search, Env: d.env}))
}

// generate makes a key pair for the integration.
func (d *Dialog) generate() tea.Cmd {
	svc, dir, in, now := d.env.Service, d.env.Info.DataDir, d.in.ID, d.env.Now()
	return load.Do(d, load.Deadline, func(ctx context.Context) (service.KeyFiles, error) {
		return MakeKey(ctx, svc, dir, in, now)
	}, d.made)
}
