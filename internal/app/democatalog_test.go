package app

import (
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/netsuite"
)

// A newcomer who fills in nothing but a name sees Bills flow: demo, and demo
// alone, starts an integration with the simulator's default item.
func TestDemoStartsWithADefaultItem(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		cfg  Config
		want any
	}{
		{Config{Demo: &service.DemoInfo{}, Destinations: Destinations()}, sandbox.ItemDefault},
		{Config{Destinations: Destinations()}, ""},
	} {
		f, _ := x.cfg.catalog().Form("Bill", "Netsuite")
		if got := f.Defaults().Get(netsuite.KeyDefaultItem); got != x.want {
			t.Errorf("demo %t: the default item is %v, want %v", x.cfg.Demo != nil, got, x.want)
		}
	}
}
