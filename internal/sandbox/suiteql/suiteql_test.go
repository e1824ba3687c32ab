package suiteql_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"billferry/internal/sandbox/suiteql"
)

// shelf is a table of three rows, one without a name, and what lies on it.
type shelf struct {
	asked map[string][]string // of the last scan of the shelf
	scans int                 // of what lies on it
}

func (s *shelf) Columns(table string) ([]string, bool) {
	return map[string][]string{"shelf": {"id", "name", "day"}, "thing": {"shelf", "id", "price"}}[table], table == "shelf" || table == "thing"
}

func (s *shelf) Custom(table, column string) bool {
	return table == "shelf" && column == "custrecord_x"
}

func (s *shelf) Scan(table string, only map[string][]string, yield func(suiteql.Row) bool) {
	if table == "thing" {
		s.scans++
		s.things(only["shelf"], yield)
		return
	}
	s.asked = only
	for _, r := range []map[string]suiteql.Value{
		{"id": {Kind: suiteql.Number, Text: "9"}, "name": {Kind: suiteql.Text, Text: "Ape"}, "day": {Kind: suiteql.Date, Text: "2026-01-02"}},
		{"id": {Kind: suiteql.Number, Text: "10"}, "name": {Kind: suiteql.Text, Text: "a%_b"}},
		{"id": {Kind: suiteql.Number, Text: "11"}},
	} {
		if !yield(func(c string) suiteql.Value { return r[c] }) {
			return
		}
	}
}

// things are four, of which two lie on shelf 10 and one nowhere.
func (s *shelf) things(shelves []string, yield func(suiteql.Row) bool) {
	for _, r := range [][3]string{{"9", "1", "2.50"}, {"10", "2", "4"}, {"10", "3", "-1.25"}, {"", "4", "7"}} {
		row := func(c string) suiteql.Value {
			v := suiteql.Value{Kind: suiteql.Number, Text: r[map[string]int{"shelf": 0, "id": 1, "price": 2}[c]]}
			if v.Text == "" {
				return suiteql.Value{}
			}
			return v
		}
		if (shelves == nil || slices.Contains(shelves, r[0])) && !yield(row) {
			return
		}
	}
}

func (s *shelf) Display(_, _ string, v suiteql.Value) suiteql.Value { return v }

func ids(t *testing.T, s *shelf, where string, params ...string) string {
	t.Helper()
	res, err := suiteql.Run(s, "SELECT id FROM shelf "+where, params)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	var out []string
	for _, r := range res.Rows {
		out = append(out, r[0].Text)
	}
	return strings.Join(out, " ")
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]string{
		"":                           "9 10 11",
		"WHERE id > 9":               "10 11", // by value, not by text
		"WHERE id >= 9 AND id <> 10": "9 11",
		"WHERE name LIKE 'A__'":      "9",
		"WHERE name LIKE '%\\%'":     "",
		"WHERE name = 'ape'":         "", // letter case matters
		"WHERE lower(name) = 'ape'":  "9",
		"WHERE name <> 'Ape'":        "10", // null is neither equal nor unequal
		"WHERE name IS NULL":         "11",
		"WHERE name IS NOT NULL OR id = 11 ORDER BY id DESC":     "11 10 9",
		"WHERE id IN (9, 11) ORDER BY id FETCH NEXT 1 ROWS ONLY": "9",
		"WHERE id NOT IN (9)":                              "10 11",
		"WHERE NOT (id = 9 OR id = 10)":                    "11",
		"WHERE day >= TO_DATE('2026-01-02', 'YYYY-MM-DD')": "9",
		"WHERE nvl(name, 'none') = 'none'":                 "11",
		"WHERE name || '!' = 'Ape!'":                       "9",
		"WHERE id BETWEEN 10 AND 11 AND name IS NULL":      "11",
		"WHERE name LIKE 'a\\%\\_%' ESCAPE '\\'":           "10",
		"WHERE id - 1 = 9":                                 "10",
		"WHERE custrecord_x IS NULL AND id = 9":            "9",
	} {
		if got := ids(t, &shelf{}, where); got != want {
			t.Errorf("%s: %q, want %q", where, got, want)
		}
	}
}

func TestOnlyWhatBindsTheWholeQueryIsHandedDown(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	ids(t, s, "WHERE name = ? AND id > 1", "Ape")
	if len(s.asked) != 1 || s.asked["name"][0] != "Ape" {
		t.Errorf("handed down: %v", s.asked)
	}
	for _, where := range []string{"WHERE name = 'Ape' OR id = 10", "WHERE NOT name = 'Ape'", "WHERE upper(name) = 'APE'", "WHERE id > 9"} {
		if ids(t, s, where); len(s.asked) != 0 {
			t.Errorf("%s: handed down %v", where, s.asked)
		}
	}
}

// rows runs a query and writes its rows as "a b; c d", nulls as a dash.
func rows(t *testing.T, s *shelf, q string) string {
	t.Helper()
	res, err := suiteql.Run(s, q, nil)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	var out []string
	for _, r := range res.Rows {
		var words []string
		for _, v := range r {
			words = append(words, map[bool]string{true: "-", false: v.Text}[v.Kind == suiteql.Null])
		}
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, "; ")
}

func TestJoinsAndGroups(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]string{
		"SELECT t.id, s.name FROM thing t INNER JOIN shelf s ON s.id = t.shelf ORDER BY t.id":     "1 Ape; 2 a%_b; 3 a%_b",
		"SELECT t.id FROM shelf s JOIN thing t ON t.shelf = s.id AND t.price > 0 WHERE s.id = 10": "2",
		"SELECT shelf, COUNT(*), SUM(price), MIN(price), MAX(id) FROM thing GROUP BY shelf ORDER BY SUM(price)": "9 1 2.5 2.50 1; 10 2 " +
			"2.75 -1.25 3; - 1 7 7 4",
		"SELECT COUNT(*), COUNT(shelf), SUM(-price) FROM thing WHERE id > 1": "3 2 -9.75",
		"SELECT COUNT(*), SUM(price) FROM thing WHERE id > 99":               "0 -",
		"SELECT DISTINCT shelf FROM thing ORDER BY shelf DESC":               "10; 9; -",
		"SELECT NVL(shelf, 0) + price FROM thing WHERE id IN (1, 4)":         "11.5; 7",
	} {
		if got := rows(t, &shelf{}, q); got != want {
			t.Errorf("%s\n got %s\nwant %s", q, got, want)
		}
	}
	for q, text := range map[string]string{
		"SELECT id FROM thing t JOIN shelf s ON s.id = t.shelf":    "Field 'id' is ambiguous",
		"SELECT t.id FROM thing t JOIN shelf s WHERE s.id = 1":     "ON expected",
		"SELECT t.id FROM thing t LEFT JOIN shelf s ON s.id = t.x": "JOIN expected",
		"SELECT x.id FROM thing t":                                 "Field 'id' for record 'thing' was not found",
	} {
		if _, err := suiteql.Run(&shelf{}, q, nil); !errors.Is(err, suiteql.ErrQuery) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %s", q, err, text)
		}
	}
}

// A join on an equality asks the inner table for the rows that fit.
func TestJoinsAreHandedDown(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	rows(t, s, "SELECT t.id FROM thing t JOIN shelf s ON s.id = t.shelf WHERE t.shelf = 10")
	if len(s.asked["id"]) != 1 || s.asked["id"][0] != "10" || s.scans != 1 {
		t.Errorf("handed down: %v after %d scans", s.asked, s.scans)
	}
}

func FuzzRun(f *testing.F) {
	for _, q := range []string{
		"SELECT id FROM shelf", "select count(*) as n from shelf s where s.id in (?, 2) and upper(name) like 'A%' order by id desc " +
			"fetch first 2 rows only",
		"select s.id, sum(-t.price) from thing t inner join shelf s on s.id = t.shelf where t.id between 1 and 3 group by s.id " +
			"order by min(t.id) desc",
		"SELECT TOP 1 builtin.df(name) FROM shelf WHERE NOT (day <= TO_DATE('2026-01-01','YYYY-MM-DD') OR name IS NOT NULL)",
		"select count( from shelf", "'", "select * from shelf where",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		if strings.Count(q, "%") > 4 {
			return // LIKE tries every split: long chains of % only take time
		}
		if _, err := suiteql.Run(&shelf{}, q, []string{"x"}); err != nil && !errors.Is(err, suiteql.ErrQuery) {
			t.Errorf("%q: %v", q, err)
		}
	})
}
