package suiteql_test

import (
	"errors"
	"strings"
	"testing"

	"billferry/internal/sandbox/suiteql"
)

// shelf is a table of three rows, one without a name.
type shelf struct{ asked map[string][]string }

func (s *shelf) Columns(table string) ([]string, bool) {
	return []string{"id", "name", "day"}, table == "shelf"
}

func (s *shelf) Scan(_ string, only map[string][]string, yield func(suiteql.Row) bool) {
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

func FuzzRun(f *testing.F) {
	for _, q := range []string{
		"SELECT id FROM shelf", "select count(*) as n from shelf s where s.id in (?, 2) and upper(name) like 'A%' order by id desc fetch first 2 rows only",
		"SELECT TOP 1 builtin.df(name) FROM shelf WHERE NOT (day <= TO_DATE('2026-01-01','YYYY-MM-DD') OR name IS NOT NULL)", "select count( from shelf", "'", "select * from shelf where",
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
