package netsuite_test

import (
	"context"
	"fmt"

	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// The client speaks to a NetSuite account; here it is the simulator.
func ExampleNew() {
	ctx := context.Background()
	box, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer box.Close()
	creds, err := box.Credentials()
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := client.CurrencyID(ctx, "EUR", nil)
	fmt.Println(id, err)
	_, err = client.CurrencyID(ctx, "XYZ", nil)
	fmt.Println(err)
	// Output:
	// 3 <nil>
	// netsuite has no currency with the ISO code "XYZ" that the role may see
}
