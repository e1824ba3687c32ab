package ui

import (
	"testing"

	"billferry/internal/destination/destinationtest"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// Wizard, details and Connect draw a destination that they have never heard of
// from its form and its words.
func TestASecondDestinationOnTheScreens(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.SetCatalog(append(servicetest.Catalog(), destinationtest.New().Form()))
	drive(t, f, 100, 30, screen.Route{}, func(d *driver) {
		d.keys("n", "enter")
		d.shows("Netsuite", "Ledgerly")
		d.keys("down", "enter")
		d.shows("Book", "Service")
		d.hides("Netsuite Send Due Date")
		d.typeText("Books")
		d.keys("tab", "tab") // past the panel's title
		d.typeText("main")
		d.keys("ctrl+s")
		d.shows("Books", "not yet authenticated for connection to your Ledgerly system")
		d.keys("c")
		d.shows("Ledgerly Connection", "Tenant", "API token")
		d.hides("Netsuite", "NetSuite", "key file", "key pair")
		d.typeText("acme")
		d.keys("tab")
		d.typeText(destinationtest.Token)
		d.hides(destinationtest.Token)
		d.keys("ctrl+s")
		d.shows("Integration connected successfully", "● CONNECTED", "Tenant", "acme", "API token", "sealed by")
		d.hides("NetSuite", destinationtest.Token)
	})
}
