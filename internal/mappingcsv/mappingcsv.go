// Package mappingcsv reads and writes external mappings as CSV, for people who
// keep them in a spreadsheet. It is pure: what is read is compared with what
// exists, and the caller does the writing.
package mappingcsv

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"billferry/internal/integration"
)

// Columns is the first line of a file. When reading, their order is free and
// letter case does not count; the last may be left out.
var Columns = []string{"m3terEntity", "m3terId", "externalSystem", "externalTable", "externalId", "integrationConfigId"}

// required is how many of Columns a mapping cannot do without.
const required = 5

// Row is a mapping with the line it stands on, from 1.
type Row struct {
	Line int
	integration.ExternalMapping
}

// Refused is a line that is no mapping, and why.
type Refused struct {
	Line   int
	Reason string
}

// Write writes mappings with a head line.
func Write(w io.Writer, mappings []integration.ExternalMapping) error {
	out := csv.NewWriter(w)
	rows := [][]string{Columns}
	for _, m := range mappings {
		row := []string{m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, m.ExternalID, m.IntegrationID}
		for i := range row {
			row[i] = inert(row[i])
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}

// formula is what a spreadsheet takes for the start of one.
const formula = "=+-@\t\r"

// inert puts an apostrophe before a value that a spreadsheet would run as a
// formula: mappings come from m3ter too, and people open the file in Excel. A
// value that begins with such an apostrophe gets one as well, so that plain
// gives back what was written.
func inert(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != "" && strings.ContainsRune(formula, rune(rest[0])) {
		return "'" + s
	}
	return s
}

// plain takes off the apostrophe of inert. Excel may have taken it off already.
func plain(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != s && rest != "" && strings.ContainsRune(formula, rune(rest[0])) {
		return s[1:]
	}
	return s
}

// Read reads a file. Lines that are refused do not stop the others; an error
// means that the file as a whole cannot be read.
func Read(in io.ReadSeeker) ([]Row, []Refused, error) {
	f, err := Open(in)
	if err != nil {
		return nil, nil, err
	}
	var rows []Row
	var refused []Refused
	err = f.Scan(func(r Row) error { rows = append(rows, r); return nil }, func(r Refused) { refused = append(refused, r) })
	if err != nil {
		return nil, nil, err
	}
	return rows, refused, nil
}

// File is a file that is known to be readable to its end.
type File struct {
	Rows   int    // that are mappings
	SHA256 string // of all that was read

	in io.ReadSeeker
	// twice has the entities that may be mapped more than once, and where first.
	twice map[[16]byte]int
}

// maxRecord bounds one record: without an end of its quotes it would be the
// rest of the file.
const maxRecord = 1 << 20

// filterBits is the size of the filter that finds entities mapped twice: 8 MB
// find them among millions, however long the file is. The few that it takes for
// such by mistake are told apart by the second reading.
const filterBits = 1 << 26

// Open reads a file to its end.
func Open(in io.ReadSeeker) (*File, error) {
	f := &File{in: in, twice: map[[16]byte]int{}}
	seen := make([]uint64, filterBits/64)
	whole := sha256.New()
	err := scan(io.TeeReader(in, whole), func(r Row) error {
		f.Rows++
		k, known := hashed(r.ExternalMapping), true
		for at := range len(k) / 4 {
			bit := binary.LittleEndian.Uint32(k[4*at:]) % filterBits
			known = known && seen[bit/64]>>(bit%64)&1 == 1
			seen[bit/64] |= 1 << (bit % 64)
		}
		if known {
			f.twice[k] = 0
		}
		return nil
	}, func(Refused) {})
	f.SHA256 = hex.EncodeToString(whole.Sum(nil))
	return f, err
}

// Scan reads the file again, as a stream. It ends with the first error of row.
func (f *File) Scan(row func(Row) error, refused func(Refused)) error {
	if _, err := f.in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return scan(f.in, func(r Row) error {
		k := hashed(r.ExternalMapping)
		switch first, twice := f.twice[k]; {
		case first > 0:
			refused(Refused{r.Line, fmt.Sprintf("line %d maps the same m3ter entity already", first)})
			return nil
		case twice:
			f.twice[k] = r.Line
		}
		return row(r)
	}, refused)
}

// hashed stands for what a mapping maps.
func hashed(m integration.ExternalMapping) [16]byte {
	sum := sha256.Sum256([]byte(key(m)))
	return [16]byte(sum[:16])
}

func scan(r io.Reader, row func(Row) error, refused func(Refused)) error {
	src := &bounded{r: r, left: maxRecord}
	in := csv.NewReader(skipBOM(src))
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: its first line must be " + strings.Join(Columns, ","))
	}
	if err != nil {
		return err
	}
	at, err := places(head)
	if err != nil {
		return err
	}
	columns := len(head)
	for {
		src.left = maxRecord
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // quotes are broken: what follows cannot be told apart
		}
		line, _ := in.FieldPos(0)
		m, reason := parse(record, columns, at)
		if reason != "" {
			refused(Refused{line, reason})
			continue
		}
		if err := row(Row{line, m}); err != nil {
			return err
		}
	}
}

// bounded ends a record that is too long.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("a record is longer than %d bytes: is a quote missing at its end?", maxRecord)
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}

// skipBOM takes off the mark that spreadsheets put before UTF-8.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if c, _, err := b.ReadRune(); err == nil && c != '\ufeff' {
		_ = b.UnreadRune() // cannot fail right after ReadRune
	}
	return b
}

// places finds each of Columns in the head line; -1 is left out.
func places(head []string) ([]int, error) {
	at := make([]int, len(Columns))
	used := 0
	for i, name := range Columns {
		at[i] = slices.IndexFunc(head, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
		if at[i] >= 0 {
			used++
		} else if i < required {
			return nil, fmt.Errorf("the first line has no column %s: it must be %s", name, strings.Join(Columns, ","))
		}
	}
	if used != len(head) {
		return nil, fmt.Errorf("the first line has %d columns, of which %d are known: it must be %s", len(head), used, strings.Join(Columns, ","))
	}
	return at, nil
}

func parse(record []string, columns int, at []int) (m integration.ExternalMapping, reason string) {
	if len(record) != columns {
		return m, fmt.Sprintf("it has %d values, the first line has %d", len(record), columns)
	}
	for i, to := range []*string{&m.M3terEntity, &m.M3terID, &m.ExternalSystem, &m.ExternalTable, &m.ExternalID, &m.IntegrationID} {
		if at[i] >= 0 {
			*to = plain(strings.TrimSpace(record[at[i]]))
		}
		if i < required && *to == "" {
			return m, Columns[i] + " is empty"
		}
		if strings.ContainsFunc(*to, func(r rune) bool { return r < ' ' }) {
			return m, Columns[i] + " has a line break or another control character in it"
		}
	}
	return m, ""
}

// key names what a mapping maps: there can be one external id for it.
func key(m integration.ExternalMapping) string {
	return strings.ToLower(strings.Join([]string{m.M3terEntity, m.ExternalSystem, m.ExternalTable}, "\x00")) + "\x00" + m.M3terID +
		"\x00" + m.IntegrationID
}
