// Package files completes the paths that a person types.
package files

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Expand puts the home folder in place of a leading ~.
func Expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if home, err := os.UserHomeDir(); err == nil {
			return home + rest
		}
	}
	return path
}

// Complete lists what a path could go on as, folders with a slash at the end.
func Complete(path string) []string {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(Expand(cmp.Or(dir, ".")))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base) || strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(base, ".") {
			continue
		}
		name := dir + e.Name()
		if st, err := os.Stat(Expand(name)); err == nil && st.IsDir() { // follows links
			name += string(filepath.Separator)
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// IsFolder tells whether a path that Complete gave is a folder.
func IsFolder(path string) bool { return strings.HasSuffix(path, string(filepath.Separator)) }
