package mapping

import (
	"errors"
	"strings"
	"testing"
)

var acme = map[string]string{
	"id": "a-1", "accountName": "Acme and Sons", "accountCode": "acme", "currency": "USD",
	"address.country": "US", "address.locality": "New York", "address.postCode": "010",
	"customFields.tier": "gold", "customFields.seats": "12.50",
}

func TestAccountFilterHolds(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]bool{
		"": true, "  ": true,
		"address.country == US":                                     true,
		"address.country == GB":                                     false,
		"address.country == us":                                     false, // letter by letter
		"address.country != GB":                                     true,
		"address.locality == New York":                              true, // words without quotes are one value
		`address.locality == "New York"`:                            true,
		"accountName == 'Acme and Sons'":                            true,
		"accountName == Acme and Sons":                              true,
		`accountName == "Acme \"and\" Sons"`:                        false,
		"address.country == US AND currency == EUR":                 false,
		"address.country == US OR currency == EUR AND id == none":   true, // AND binds tighter
		"(address.country == US OR currency == EUR) AND id == none": false,
		"NOT address.country == GB AND currency == USD":             true,
		"!(address.country == US)":                                  false,
		"address.country == GB || accountCode == acme && id == a-1": true,
		"customFields.seats > 12":                                   true,
		"customFields.seats >= 12.5":                                true, // as numbers
		"customFields.seats < 9":                                    false,
		"customFields.seats == 12.5":                                true,
		"customFields.seats <= 12.49":                               false,
		"customFields.tier > 1":                                     false, // gold is no number
		"customFields.absent == null":                               true,
		"customFields.tier == null":                                 false,
		"customFields.tier != null":                                 true,
		"customFields.absent != US":                                 true, // null differs from every value
		"customFields.absent < 5":                                   false,
		`customFields.tier == "null"`:                               false,
	} {
		n, err := parseFilter(expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
		} else if got := n.holds(acme); got != want {
			t.Errorf("%s: %t, want %t", expr, got, want)
		}
	}
}

func TestAccountFilterErrorsNameTheColumn(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]struct {
		column int
		text   string
	}{
		"address.country = US":                      {17, "write =="},
		"country == US":                             {1, `no account field "country"`},
		"Address.Country == US":                     {1, "did you mean address.country?"},
		"address.country ==":                        {19, "expected a value, not the end"},
		"address.country US":                        {17, "expected ==, !=, <, <=, > or >=, not \"US\""},
		"currency == USD and address.country == US": {37, "written in capitals"},
		"(currency == USD":                          {17, "expected ')' for the '(' at column 1, not the end"},
		"currency == USD)":                          {16, "AND, OR or the end"},
		"currency == 'USD":                          {13, "never closed"},
		"currency > USD":                            {12, "compares numbers"},
		"currency < null":                           {12, "compares numbers"},
		"currency == USD AND":                       {20, "expected an account field"},
		"accountName == Ünïcödé AND x == 1":         {28, `no account field "x"`}, // characters, not bytes
		"customFields. == 1":                        {1, "no account field"},
		"currency == USD & id == 1":                 {17, "write &&"},
		strings.Repeat("(", 200) + "id == 1":        {101, "nested more than 100"},
	} {
		var f *FilterError
		if err := CheckFilter(expr); !errors.As(err, &f) || f.Column != want.column || !strings.Contains(f.Message, want.text) {
			t.Errorf("%s\n got %v\nwant column %d: %s", expr, err, want.column, want.text)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"address.country == US", "!(id != 'a\\'b') && currency >= 1e3", "NOT NOT ((id==null))", "\xff == 1",
		"id == \"", "a||"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		n, err := parseFilter(expr)
		if err == nil {
			if n.holds(acme) == (not{n}).holds(acme) {
				t.Fatal("holds and does not")
			}
			return
		}
		var fe *FilterError
		if !errors.As(err, &fe) || fe.Column < 1 || fe.Column > len([]rune(expr))+1 {
			t.Fatalf("place of the error: %v", err)
		}
	})
}
