// Package runs is the run review pane: a windowed list of runs with a filter
// language, groups by cause, and retries that say first what they would do.
package runs
