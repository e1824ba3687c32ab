package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"billferry/internal/integration"
	"billferry/store"
)

// One file holds everything; what a method has returned is on disk.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "billferry")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	s, err := store.Open(filepath.Join(dir, "billferry.db"), store.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	in, err := s.CreateIntegration(ctx, integration.Integration{Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite"}, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(in.Name, in.Version)
	rep, err := s.Check(ctx, false, nil)
	fmt.Println("faults:", rep.Found, err)
	fmt.Println(s.Close())
	// Output:
	// NetSuite US 1
	// faults: 0 <nil>
	// <nil>
}
