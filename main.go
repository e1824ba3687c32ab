// Command billferry carries m3ter Bills to NetSuite as invoices.
package main

import (
	"os"

	"billferry/internal/cli"
	_ "billferry/internal/earlyterm" // before bubbletea: see its doc comment
	"billferry/internal/memory"
)

func main() {
	memory.TuneGC()
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
