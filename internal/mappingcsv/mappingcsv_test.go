package mappingcsv

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"billferry/internal/integration"
)

const head = "m3terEntity,m3terId,externalSystem,externalTable,externalId,integrationConfigId\n"

func TestReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	want := []integration.ExternalMapping{
		{M3terEntity: "Account", M3terID: "a-1", ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: "7", IntegrationID: "in-1"},
		{M3terEntity: "Product", M3terID: `p"2`, ExternalSystem: "Netsuite", ExternalTable: "Item", ExternalID: "8,9"},
	}
	var b bytes.Buffer
	if err := Write(&b, want); err != nil {
		t.Fatal(err)
	}
	rows, refused, err := Read(bytes.NewReader(b.Bytes()))
	if err != nil || len(refused) > 0 || len(rows) != 2 {
		t.Fatalf("%v %v %v", rows, refused, err)
	}
	for i, r := range rows {
		if r.Line != i+2 || !reflect.DeepEqual(r.ExternalMapping, want[i]) {
			t.Errorf("row %d is %+v", i, r)
		}
	}
}

func TestRefusesLinesAndGoesOn(t *testing.T) {
	t.Parallel()
	rows, refused, err := Read(strings.NewReader("\ufeffexternalid,M3terEntity,m3terId,externalSystem,externalTable\r\n" +
		"7,Account,a-1,Netsuite,Customer\r\n" +
		"8,Account,,Netsuite,Customer\r\n" +
		"9,account,a-1,netsuite,customer\r\n" +
		"9,Account\r\n" +
		"\"1\n0\",Account,a-3,Netsuite,Customer\r\n" +
		"11,Account,a-2,Netsuite,Customer\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].ExternalID != "7" || rows[1].Line != 8 {
		t.Errorf("rows %+v", rows)
	}
	want := []Refused{
		{3, "m3terId is empty"},
		{4, "line 2 maps the same m3ter entity already"},
		{5, "it has 2 values, the first line has 5"},
		{6, "externalId has a line break or another control character in it"},
	}
	if !reflect.DeepEqual(refused, want) {
		t.Errorf("refused %+v, want %+v", refused, want)
	}
}

func TestRefusesFiles(t *testing.T) {
	t.Parallel()
	for text, words := range map[string]string{
		"":                       "empty",
		"m3terId,externalId\n":   "no column m3terEntity",
		"x," + head:              "7 columns, of which 6 are known",
		head + "a,\"b,c,d,e,f\n": "quote",
	} {
		if _, _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q says %v, want %q", text, err, words)
		}
	}
}

// A quote that is never closed makes the rest of a file one record: it is told
// before that has filled the memory.
func TestRecordsAreBounded(t *testing.T) {
	t.Parallel()
	endless := notSought{io.MultiReader(strings.NewReader(head+"Account,\""), zeros{})}
	if _, _, err := Read(endless); err == nil || !strings.Contains(err.Error(), "is a quote missing") {
		t.Errorf("%v", err)
	}
}

type notSought struct{ io.Reader }

func (notSought) Seek(int64, int) (int64, error) { panic("it is not read again") }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// Entities mapped twice are found however far apart, and the first is kept; what
// is remembered does not grow with the lines.
func TestTwiceFarApart(t *testing.T) {
	t.Parallel()
	const lines = 50_000
	var b strings.Builder
	b.WriteString(head)
	for i := range lines {
		fmt.Fprintf(&b, "Account,a%d,Netsuite,Customer,7,\n", i)
	}
	for range 2 {
		b.WriteString("account,a3,NETSUITE,customer,8,\n")
	}
	f, err := Open(strings.NewReader(b.String()))
	if err != nil || f.Rows != lines+2 || len(f.twice) > 3 || len(f.SHA256) != 64 {
		t.Fatalf("%d rows, %d to tell apart, %v", f.Rows, len(f.twice), err)
	}
	var refused []Refused
	rows := 0
	if err := f.Scan(func(Row) error { rows++; return nil }, func(r Refused) { refused = append(refused, r) }); err != nil {
		t.Fatal(err)
	}
	want := []Refused{{lines + 2, "line 5 maps the same m3ter entity already"}, {lines + 3, "line 5 maps the same m3ter entity already"}}
	if rows != lines || !slices.Equal(refused, want) {
		t.Errorf("%d rows, refused %v", rows, refused)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(head + "Account,a,Netsuite,Customer,1,\n")
	f.Fuzz(func(t *testing.T, s string) {
		rows, _, err := Read(strings.NewReader(s))
		if err != nil {
			return
		}
		for _, r := range rows {
			if r.M3terEntity == "" || r.M3terID == "" || r.ExternalID == "" || r.Line < 2 {
				t.Fatalf("%q gave %+v", s, r)
			}
		}
	})
}

// A spreadsheet must not run what somebody wrote into m3ter; reading the file
// back gives the same mappings.
func TestNoFormulaIsWritten(t *testing.T) {
	t.Parallel()
	var ms []integration.ExternalMapping
	for _, id := range []string{"=cmd|' /C calc'!A0", "+1", "-5", "@SUM(A1)", "'=x", "''-y", "'plain", "614"} {
		ms = append(ms, integration.ExternalMapping{M3terEntity: "Account", M3terID: id, ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: id})
	}
	var out strings.Builder
	if err := Write(&out, ms); err != nil {
		t.Fatal(err)
	}
	for cell := range strings.FieldsFuncSeq(out.String(), func(r rune) bool { return r == ',' || r == '\n' || r == '"' }) {
		if strings.ContainsRune(formula, rune(cell[0])) {
			t.Errorf("a spreadsheet would run %q", cell)
		}
	}
	rows, refused, err := Read(strings.NewReader(out.String()))
	if err != nil || len(refused) > 0 || len(rows) != len(ms) {
		t.Fatalf("%d rows, refused %v, %v", len(rows), refused, err)
	}
	for i, r := range rows {
		if r.M3terID != ms[i].M3terID || r.ExternalID != ms[i].ExternalID {
			t.Errorf("%q came back as %q", ms[i].M3terID, r.M3terID)
		}
	}
}
