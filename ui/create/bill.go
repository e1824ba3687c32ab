package create

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/bill"
	"billferry/internal/readfile"
	"billferry/internal/runfilter"
	"billferry/internal/service"
	"billferry/ui/files"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/screen"
)

var billKey = key.NewBinding(key.WithKeys("ctrl+n"), key.WithHelp("ctrl+n", "preview another Bill"))

// latestBill stands for the Bill that the service chooses by the settings.
const latestBill = "latest"

func (e *editor) billTag() string { return fmt.Sprintf("%p bill", e) }

// chooseBill opens the search over Bills to preview: by what the filter of runs
// takes, or by the path of a file.
func (e *editor) chooseBill(query string) tea.Cmd {
	return e.env.Open(picker.New(picker.Options{
		Title: "Preview which Bill (words, a filter of runs, or the path of a file)",
		Tag:   e.billTag(), Query: query, Search: e.bills, Env: e.env}))
}

func (e *editor) bills(ctx context.Context, query string, limit int) ([]picker.Choice, error) {
	var out []picker.Choice
	if query == "" {
		out = append(out, picker.Choice{ID: latestBill, Name: "the latest of its accounts", Note: "by the settings"})
	}
	found, err := Bills(ctx, e.env.Service, query, limit, e.env.Now())
	return append(out, found...), err
}

// Bills are those that may be previewed for a query: those of kept runs, or those of a
// file.
func Bills(ctx context.Context, svc service.Service, query string, limit int, now time.Time) (out []picker.Choice, err error) {
	if found, isPath, err := fileChoices(query, limit); isPath {
		return found, err
	}
	f, err := runfilter.Parse(query, now)
	if err != nil {
		return nil, err
	}
	page, err := svc.Runs(ctx, f, "", limit)
	seen := map[string]bool{}
	for _, r := range page.Runs { // the newest first: of each Bill its latest version
		if !seen[r.EntityID] {
			seen[r.EntityID] = true
			out = append(out, picker.Choice{ID: r.ID, Name: r.BillRef, Note: r.AccountRef()})
		}
	}
	return out, err
}

// fileChoices are the Bills of the file that is typed, or what its path could
// go on as; false when what is typed is no path.
func fileChoices(query string, limit int) (out []picker.Choice, isPath bool, err error) {
	path := files.Expand(query)
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() {
		out, err = billsOf(path, limit)
		return out, true, err
	}
	if !strings.HasPrefix(query, "~") && !strings.HasPrefix(query, ".") && !filepath.IsAbs(query) {
		return nil, false, nil
	}
	for _, p := range files.Complete(query) {
		note := "file"
		if files.IsFolder(p) {
			note = "folder"
		}
		if len(out) < limit {
			out = append(out, picker.Choice{ID: p, Name: filepath.Base(p), Note: note})
		}
	}
	return out, true, nil
}

// errEnough ends the reading of a file.
var errEnough = errors.New("enough")

// billsOf lists the Bills of a file, each by its path and its place in it.
func billsOf(path string, limit int) (out []picker.Choice, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	err = eachBill(path, func(n int, raw []byte) error {
		h, err := bill.DecodeHead(raw)
		if err == nil {
			out = append(out, picker.Choice{ID: path + ":" + strconv.Itoa(n), Name: h.Reference(), Note: h.AccountCode})
		}
		if len(out) == limit {
			return errEnough
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s holds no Bill: name a file of Bills as m3ter's API writes them", path)
	}
	return out, err
}

// eachBill calls fn for the Bills of a file, counted from 1, until it says that
// it has enough.
func eachBill(path string, fn func(n int, raw []byte) error) error {
	f, err := readfile.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it is only read
	n := 0
	err = bill.Read(f, func(_ int, raw []byte, err error) error {
		if err != nil {
			return nil // what is no Bill is none to choose
		}
		n++
		return fn(n, raw)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// choseBill previews what was chosen from now on; a folder or a file goes on
// with what is in it.
func (e *editor) choseBill(id string) tea.Cmd {
	if id == latestBill {
		e.preview.bill = nil
		return e.refresh()
	}
	if IsPath(id) {
		return e.chooseBill(id)
	}
	svc := e.env.Service
	read := func(ctx context.Context) ([]byte, error) { return Bill(ctx, svc, id) }
	return load.Do(e, load.Deadline, read, func(raw []byte, err error) tea.Cmd {
		if err != nil {
			return screen.Fail(err)
		}
		e.preview.bill = raw
		return e.refresh()
	})
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// inFile is the file of a choice of Bills, and its place in there; the place is 0
// where the choice is a path to go on with.
func inFile(id string) (path string, place int, is bool) {
	if !strings.ContainsRune(id, filepath.Separator) && !strings.HasPrefix(id, "~") {
		return "", 0, false
	}
	path, number, found := cutLast(id, ":")
	if n, err := strconv.Atoi(number); found && err == nil {
		return path, n, true
	}
	return id, 0, true
}

// IsPath tells a choice of Bills that is a file or folder to go on with.
func IsPath(id string) bool {
	_, place, is := inFile(id)
	return is && place == 0
}

// Bill is what was chosen of Bills.
func Bill(ctx context.Context, svc service.Service, id string) ([]byte, error) {
	if path, place, is := inFile(id); is {
		return billAt(path, place)
	}
	r, err := svc.Run(ctx, id)
	if err == nil && len(r.Bill) == 0 {
		err = fmt.Errorf("the Bill of %s is not kept any more: choose another", r.BillRef)
	}
	return r.Bill, err
}

// billAt is the nth Bill of a file.
func billAt(path string, n int) (raw []byte, err error) {
	err = eachBill(path, func(at int, b []byte) error {
		if at < n {
			return nil
		}
		raw = b
		return errEnough
	})
	if err == nil && raw == nil {
		err = fmt.Errorf("%s changed meanwhile: choose a Bill of it again", path)
	}
	return raw, err
}

// Previewed asks for a preview. Other integrations that send the same Bills are
// told of whatever Bill is looked at.
func Previewed(ctx context.Context, svc service.Service, q service.PreviewRequest) (service.Preview, error) {
	got, err := svc.Preview(ctx, q)
	if err != nil || len(q.Bill) == 0 {
		return got, err
	}
	q.Bill = nil
	if settings, err := svc.Preview(ctx, q); err == nil {
		got.Overlaps = settings.Overlaps
	}
	return got, nil
}
