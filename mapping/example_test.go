package mapping_test

import (
	"fmt"

	"billferry/internal/bill"
	"billferry/internal/spec"
	"billferry/mapping"
)

// A Bill becomes a document that adds up and says why each line is as it is.
func ExampleMap() {
	b, err := bill.Decode(mapping.Sample())
	if err != nil {
		fmt.Println(err)
		return
	}
	// What the adapter of a destination tells of it.
	terms := mapping.Terms{Words: spec.Words{System: "Books", ItemTable: "Article"}, Settings: mapping.Labels{DefaultItem: "Default Article"}}
	cfg := mapping.Config{Terms: &terms, Split: mapping.PerProduct, DefaultItem: "199"}
	d, err := mapping.Map(cfg, b, mapping.Lookups{CurrencyID: "1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range d.Lines {
		fmt.Println(l.ItemID, l.Amount, l.Why.Rule)
	}
	fmt.Println("IN", d.BillTotal, "= OUT", d.Total, "+ EXCLUDED", d.Excluded, "+ ROUNDING", d.Rounding)
	// A line that nothing gives an item stops the Bill, and says what to do.
	cfg.DefaultItem = ""
	_, err = mapping.Map(cfg, b, mapping.Lookups{CurrencyID: "1"})
	fmt.Println(err)
	// Output:
	// 199 249.00 Default Article
	// 199 342.50 Default Article
	// 199 60.00 Default Article
	// 199 157.91 Default Article
	// 199 42.09 Default Article
	// 199 900.00 Default Article
	// 199 -157.91 Default Article
	// 199 -35.00 Default Article
	// IN 1558.59 = OUT 1558.59 + EXCLUDED 0 + ROUNDING 0.0000000000
	// line item 5a3f1111-0000-4000-8000-000000000001 (STANDING_CHARGE, Standing Charge) has no Books article
}
