package bill

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// readAll notes what Read finds: "line id" for a Bill, "line !" for a fault.
func readAll(r io.Reader) (string, error) {
	var got []string
	err := Read(r, func(n int, raw []byte, err error) error {
		h, decodeErr := DecodeHead(raw)
		if (err == nil) != (decodeErr == nil) {
			return fmt.Errorf("line %d: %v, but decoding says %v", n, err, decodeErr)
		}
		if err != nil {
			got = append(got, fmt.Sprintf("%d !", n))
		} else {
			got = append(got, fmt.Sprintf("%d %s", n, h.ID))
		}
		return nil
	})
	return strings.Join(got, ", "), err
}

func TestReadTakesEveryShape(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"one a line":        {"{\"id\":\"a\"}\n{\"id\":\"b\"}\r\n\n{\"id\":\"c\"}", "1 a, 2 b, 4 c"},
		"array":             {`[{"id":"a"},{"id":"b"}]`, "1 a, 1 b"},
		"array over lines":  {"[\n {\"id\":\"a\"},\n {\"id\":\n  \"b\"}\n]\n", "2 a, 3 b"},
		"page":              {`{"data":[{"id":"a"},{"id":"b"}],"nextToken":"x"}`, "1 a, 1 b"},
		"page, data last":   {"{\"nextToken\":\"]}\",\n\"data\" : [\n{\"id\":\"a\",\"lineItems\":[{\"id\":\"l\"}]}]}", "3 a"},
		"empty page":        {`{"data":[]}{"data":[],"nextToken":null}`, ""},
		"mixture":           {"{\"id\":\"a\"}[{\"id\":\"b\"}]\n{\"data\":[{\"id\":\"c\"}]} {\"id\":\"d\"}", "1 a, 1 b, 2 c, 2 d"},
		"pretty":            {"{\n  \"id\": \"a\",\n  \"lineItems\": [\n    {}\n  ]\n}\n{\n  \"id\": \"b\"\n}", "1 a, 7 b"},
		"byte order mark":   {"\xEF\xBB\xBF{\"id\":\"a\"}", "1 a"},
		"a Bill with data":  {`{"id":"a","x":{"data":[{"id":"no"}]}}`, "1 a"},
		"braces in strings": {`{"id":"a","t":"}{][\\\""}{"id":"b"}`, "1 a, 1 b"},
		"nothing":           {" \n\t\n", ""},
		"no id":             {"{\"x\":1}\n{\"id\":\"b\"}", "1 !, 2 b"},
		"garbage line":      {"hello {\"id\":\"a\"}\n{\"id\":\"b\"}\n42\n{\"id\":\"c\"}", "1 !, 2 b, 3 !, 4 c"},
		"cut in a string":   {"{\"id\":\"a\n{\"id\":\"b\"}", "1 !, 2 b"},
		"cut after a comma": {"{\"id\":\"a\",\n{\"id\":\"b\"}\n{\"id\":\"c\"}", "1 !, 2 b, 3 c"},
		"cut in its lines": {"{\"id\":\"a\",\"lineItems\":[{\"id\":\"l\"},\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}",
			"1 !, 2 b, 3 c, 4 d"},
		"cut before a value": {"{\"id\":\"a\",\"x\":\n{\"id\":\"b\"}\n{\"id\":\"c\"}", "1 !, 2 b, 3 c"},
		"cut at the end":     {"{\"id\":\"a\"}\n{\"id\":\"b\",\"lineItems\":[", "1 a, 2 !"},
		"wrong bracket":      {"{\"id\":\"a\"]}\n{\"id\":\"b\"}", "1 !, 2 b"},
		"balanced, not JSON": {"{\"id\":\"a\",,}\n{\"id\":\"b\"}", "1 !, 2 b"},
		"broken and pretty":  {"{\n  \"id\": \"a\n}\n{\"id\":\"b\"}", "1 !, 4 b"},
		"fault in an array":  {"[{\"id\":\"a\"},\n{\"id\":},\n{\"id\":\"c\"}]", "1 a, 2 !, 3 c"},
		"array never closed": {"[{\"id\":\"a\"},\n", "1 a, 2 !"},
		"too deep":           {strings.Repeat(`{"a":`, 200) + "\n{\"id\":\"b\"}", "1 !, 2 b"},
	} {
		for way, r := range map[string]io.Reader{
			"at once": strings.NewReader(c.in), "bytewise": iotest.OneByteReader(strings.NewReader(c.in)),
			"eof with data": iotest.DataErrReader(strings.NewReader(c.in)),
		} {
			if got, err := readAll(r); got != c.want || err != nil {
				t.Errorf("%s, %s:\n got %s, %v\nwant %s", name, way, got, err, c.want)
			}
		}
	}
}

func TestReadStopsAtErrors(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	calls := 0
	err := Read(strings.NewReader("{\"id\":\"a\"}\n{\"id\":\"b\"}"), func(int, []byte, error) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("fn's error: %v after %d calls", err, calls)
	}
	broken := errors.New("disk on fire")
	for _, in := range []string{"{\"id\":\"a\"}\n", "{\"id\":\"a\"}\n{\"id\":"} {
		got, err := readAll(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || got != "1 a" {
			t.Errorf("source's error after %q: %s, %v", in, got, err)
		}
	}
}

// Whatever line is broken and however, the others are all found.
func TestReadLosesOnlyTheBrokenLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "lines")
		bad := rapid.IntRange(0, n-1).Draw(t, "bad")
		var in strings.Builder
		var want []string
		for i := range n {
			line := fmt.Sprintf(`{"id":"b%d","lineItems":[{"id":"l","segment":{"a":"}"},"units":1.5},{"id":"m"}],"billTotal":3}`, i)
			if i == bad {
				line = line[:rapid.IntRange(1, len(line)-1).Draw(t, "cut")]
				want = append(want, fmt.Sprintf("%d !", i+1))
			} else {
				want = append(want, fmt.Sprintf("%d b%d", i+1, i))
			}
			in.WriteString(line + "\n")
		}
		if got, err := readAll(strings.NewReader(in.String())); err != nil || got != strings.Join(want, ", ") {
			t.Fatalf("%s\n got %s, %v\nwant %s", in.String(), got, err, strings.Join(want, ", "))
		}
	})
}

// endless gives the same page of Bills n times without ever holding them.
type endless struct {
	page string
	n    int
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		if e.n == 0 {
			return 0, io.EOF
		}
		e.n--
		e.rest = e.page
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestReadMemoryIsFlat(t *testing.T) { // alone: it reads the heap
	line := `{"id":"b","pad":"` + strings.Repeat("x", 4000) + "\"}\n"
	peak := func(bills int) uint64 {
		var most uint64
		seen := 0
		err := Read(&endless{page: line, n: bills}, func(int, []byte, error) error {
			if seen++; seen%500 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return nil
		})
		if err != nil || seen != bills {
			t.Fatalf("%d of %d: %v", seen, bills, err)
		}
		return most
	}
	few, many := peak(1000), peak(8_000)
	if many > few+1<<20 {
		t.Errorf("8,000 Bills hold %d bytes, 1,000 hold %d", many, few)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"{\"id\":\"a\"}\n[{\"id\":\"b\"},", `{"data":[{"id":"a"}]}`, "{\"a\":[\n{\"a\":[\n", "]}\n\"", "[[{}]]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		a, errA := readAll(strings.NewReader(string(in)))
		b, errB := readAll(iotest.OneByteReader(strings.NewReader(string(in))))
		if errA != nil || errB != nil || a != b {
			t.Fatalf("at once %s, %v; bytewise %s, %v", a, errA, b, errB)
		}
	})
}
