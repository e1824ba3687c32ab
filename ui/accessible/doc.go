// Package accessible is the terminal program for screen readers and slow
// lines: the same wizard, connect form and run review as plain prompts, line
// by line, with numbered choices and defaults that are said. Nothing is drawn
// twice.
package accessible
