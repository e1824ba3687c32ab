package evidence

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// Spool keeps rows that come in any order in a file until all are there, so that a pack
// of many documents takes little memory: of each row only its place is remembered. It is
// not safe for several goroutines.
type Spool struct {
	f    *os.File
	w    *bufio.Writer
	at   int64
	rows []spooled
}

type spooled struct {
	key  string
	at   int64
	size int
}

// NewSpool makes the file, which only its owner may read, in a folder. It has no name
// there, so that nothing stays when the process is killed; where a file that is open
// keeps its name (Windows), Close removes it.
func NewSpool(dir string) (*Spool, error) {
	f, err := os.CreateTemp(dir, ".evidence-*")
	if err != nil {
		return nil, fmt.Errorf("make room for the rows of the evidence: %w", err)
	}
	_ = os.Remove(f.Name())
	return &Spool{f: f, w: bufio.NewWriterSize(f, 64<<10)}, nil
}

// Put keeps a row. Of rows with one key the last counts; key orders them.
func (s *Spool) Put(key string, row []string) error {
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if _, err := s.w.Write(line); err != nil {
		return fmt.Errorf("keep a row of the evidence: %w", err)
	}
	s.rows = append(s.rows, spooled{key, s.at, len(line)})
	s.at += int64(len(line))
	return nil
}

// Each calls f with every row, in the order of the keys.
func (s *Spool) Each(f func(row ...string)) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("keep the rows of the evidence: %w", err)
	}
	slices.SortFunc(s.rows, func(a, b spooled) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
	var line []byte
	for i, r := range s.rows {
		if i+1 < len(s.rows) && s.rows[i+1].key == r.key {
			continue
		}
		line = slices.Grow(line[:0], r.size)[:r.size]
		if _, err := io.ReadFull(io.NewSectionReader(s.f, r.at, int64(r.size)), line); err != nil {
			return fmt.Errorf("read a row of the evidence: %w", err)
		}
		var row []string
		if err := json.Unmarshal(line, &row); err != nil {
			return fmt.Errorf("read a row of the evidence: %w", err)
		}
		f(row...)
	}
	return nil
}

// Close gives the room back.
func (s *Spool) Close() error {
	err := s.f.Close()
	if gone := os.Remove(s.f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
