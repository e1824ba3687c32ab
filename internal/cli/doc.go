// Package cli is the command line: flags, exit codes, progress and tables.
// Everything the screens do can be done here without a terminal. It works
// through service.Service, so that a command does the same whether it owns
// the store or reaches the process that does.
package cli
