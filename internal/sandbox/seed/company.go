package seed

import (
	"fmt"
	"time"
)

// known are the first Accounts; past them names are numbered.
var known = []Account{
	{Name: "Northwind Analytics", Code: "northwind", City: "Seattle", Street: "400 Pine Street", PostCode: "98101", Country: "US",
		Currency: "USD", Segment: "enterprise", PurchaseOrder: "PO-4471"},
	{Name: "Globex Logistics", Code: "globex", City: "Chicago", Street: "71 W Wacker Drive", PostCode: "60601", Country: "US", Currency: "USD",
		Segment: "mid-market"},
	{Name: "Initech Payroll", Code: "initech", City: "Austin", Street: "98 Congress Avenue", PostCode: "78701", Country: "US", Currency: "USD",
		Segment: "mid-market", PurchaseOrder: "45-00871"},
	{Name: "Hooli Streaming", Code: "hooli", City: "Palo Alto", Street: "1 University Avenue", PostCode: "94301", Country: "US",
		Currency: "USD", Segment: "enterprise"},
	{Name: "Brightwater Energy", Code: "brightwater", City: "Denver", Street: "1700 Lincoln Street", PostCode: "80203", Country: "US",
		Currency: "USD", Segment: "enterprise"},
	{Name: "Müller & Söhne GmbH", Code: "mueller", City: "Stuttgart", Street: "Königstraße 12", PostCode: "70173", Country: "DE",
		Currency: "EUR", Segment: "mid-market"},
	{Name: "Café Lumière SAS", Code: "lumiere", City: "Lyon", Street: "8 rue de la République", PostCode: "69001", Country: "FR",
		Currency: "EUR", Pricing: "USD", Segment: "small"},
	{Name: "Vantaa Robotics Oy", Code: "vantaa", City: "Vantaa", Street: "Tikkurilantie 4", PostCode: "01300", Country: "FI", Currency: "EUR",
		Segment: "enterprise", PurchaseOrder: "FI/2291"},
	{Name: "Pennine Water plc", Code: "pennine", City: "Leeds", Street: "22 Wellington Street", PostCode: "LS1 2DE", Country: "GB",
		Currency: "GBP", Segment: "enterprise"},
	{Name: "Harbour & Vale Ltd", Code: "harbour_vale", City: "Bristol", Street: "5 Queen Square", PostCode: "BS1 4JQ", Country: "GB",
		Currency: "GBP", Pricing: "USD", Segment: "small"},
	{Name: "桜データ株式会社 (Sakura Data)", Code: "sakura", City: "Tokyo", Street: "2-11 Marunouchi", PostCode: "100-0005", Country: "JP",
		Currency: "JPY", Pricing: "USD", Segment: "mid-market", TimeZone: "Asia/Tokyo"},
}

// stranger is the Account that nobody has made a NetSuite customer for.
var stranger = Account{Name: "Wayfarer Robotics", Code: "wayfarer", City: "Boston", Street: "30 Summer Street", PostCode: "02110",
	Country: "US", Currency: "USD", Segment: "small"}

// multipliers turn one unit of the pricing currency into the billing currency.
var multipliers = map[string]string{"USD>EUR": "0.9213", "USD>GBP": "0.7874", "USD>JPY": "151.37"}

func accounts(o Options, n int) []Account {
	list := make([]Account, n)
	for i := range list {
		a := known[i%len(known)]
		if i >= len(known) {
			a.Name, a.Code = fmt.Sprintf("%s %d", a.Name, i/len(known)+1), fmt.Sprintf("%s_%d", a.Code, i/len(known)+1)
		}
		if i == n-1 {
			a = stranger
		}
		a.ID = uuid(o.Seed, 1, uint64(i))
		a.Email = "billing@" + a.Code + ".example"
		if o.Currency != "" {
			a.Currency, a.Pricing = o.Currency, o.Currency
		}
		if a.Pricing == "" {
			a.Pricing = a.Currency
		}
		if a.TimeZone == "" {
			a.TimeZone = "UTC"
		}
		list[i] = a
	}
	return list
}

func currencies(only string) []Currency {
	if only != "" {
		return []Currency{{ID: "1", ISO: only, Name: only, Places: 2, Rate: "1"}}
	}
	return []Currency{
		{ID: "1", ISO: "USD", Name: "US Dollar", Places: 2, Rate: "1"},
		{ID: "2", ISO: "GBP", Name: "British Pound", Places: 2, Rate: "1.27"},
		{ID: "3", ISO: "EUR", Name: "Euro", Places: 2, Rate: "1.0854"},
		{ID: "4", ISO: "JPY", Name: "Japanese Yen", Places: 0, Rate: "0.0066063"},
	}
}

func items() []Item {
	return []Item{
		{ItemUsage, "Usage", "Metered usage"},
		{ItemCommitment, "Commitment", "Prepayments and their draw-down"},
		{ItemMinimumSpend, "Minimum spend", "Minimum spend adjustments"},
		{"104", "Standing charge", "Recurring fees"},
		{"105", "Credits and adjustments", "Credit and debit lines"},
		{"106", "Overage", "Usage past a commitment"},
		{"107", "Data API", "Product: Data API"},
		{"108", "Object storage", "Product: Object storage"},
		{ItemDefault, "Services (default)", "Whatever has no item of its own"},
	}
}

func customers(list []Account, cur []Currency) []Customer {
	ids := map[string]string{}
	for _, c := range cur {
		ids[c.ISO] = c.ID
	}
	out := make([]Customer, 0, len(list)+2)
	for i, a := range list {
		out = append(out, Customer{
			ID: fmt.Sprint(601 + i), EntityID: fmt.Sprintf("CUST%05d %s", 10+i, a.Name), Company: a.Name,
			Email: a.Email, ExternalID: a.ID, CurrencyID: ids[a.Currency], TermDays: 30,
		})
	}
	// Two that m3ter does not know, so that a search has something to leave out.
	return append(out,
		Customer{ID: "501", EntityID: "CUST00001 Anonymous Customer", Company: "Anonymous Customer", CurrencyID: "1", TermDays: 0},
		Customer{ID: "502", EntityID: "CUST00002 Northgate Hardware", Company: "Northgate Hardware", Email: "ap@northgate.example",
			CurrencyID: "1", TermDays: 14})
}

// monthsOpen is how many months before the current one are still open.
const monthsOpen = 4

// periods are the fiscal years from two years back to the next one, by month,
// with their quarters and years, as NetSuite's own calendar sets them up.
func periods(now time.Time) []Period {
	first := time.Date(now.Year()-2, 1, 1, 0, 0, 0, 0, time.UTC)
	open := month(now, monthsOpen)
	var out []Period
	add := func(name, kind string, start time.Time, months int) {
		end := start.AddDate(0, months, -1)
		out = append(out, Period{
			ID: fmt.Sprint(len(out) + 1), Name: name, Kind: kind, Start: civil(start), End: civil(end), Closed: end.Before(open),
		})
	}
	for y := range 4 {
		year := first.AddDate(y, 0, 0)
		add(fmt.Sprintf("FY %d", year.Year()), "year", year, 12)
		for q := range 4 {
			quarter := year.AddDate(0, 3*q, 0)
			add(fmt.Sprintf("Q%d %d", q+1, year.Year()), "quarter", quarter, 3)
			for m := range 3 {
				start := quarter.AddDate(0, m, 0)
				add(start.Format("Jan 2006"), "month", start, 1)
			}
		}
	}
	return out
}

func mappings(seed uint64, w World) []Mapping {
	add := func(entity, id, table, ext string) {
		w.Mappings = append(w.Mappings, Mapping{uuid(seed, 2, uint64(len(w.Mappings))), entity, id, table, ext})
	}
	add("Product", product(seed, dataAPI).id, "Item", "107")
	add("Product", product(seed, storage).id, "Item", "108")
	for i, a := range w.Accounts[:len(w.Accounts)-1] {
		if i < 8 { // the others are for the operator to map
			add("Account", a.ID, "Customer", w.Customers[i].ID)
		}
	}
	return w.Mappings
}

// month is the first day of the month that is n before that of t.
func month(t time.Time, n int) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
}

func civil(t time.Time) string { return t.Format(time.DateOnly) }
