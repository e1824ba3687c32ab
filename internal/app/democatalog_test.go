package app

import (
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/netsuite"
)

// A newcomer who fills in nothing but a name sees Bills flow, and what prepayments come
// to: demo, and demo alone, starts an integration with items of the simulator.
func TestDemoStartsWithItems(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		cfg               Config
		want, prepayments any
	}{
		{Config{Demo: &service.DemoInfo{}, Destinations: Destinations()}, sandbox.ItemDefault, sandbox.ItemCommitment},
		{Config{Destinations: Destinations()}, "", ""},
	} {
		f, _ := x.cfg.catalog().Form("Bill", "Netsuite")
		if got := f.Defaults().Get(netsuite.KeyDefaultItem); got != x.want {
			t.Errorf("demo %t: the default item is %v, want %v", x.cfg.Demo != nil, got, x.want)
		}
		if got := f.Defaults().Get(netsuite.KeyCommitmentItem); got != x.prepayments {
			t.Errorf("demo %t: the item of prepayments is %v, want %v", x.cfg.Demo != nil, got, x.prepayments)
		}
	}
}
