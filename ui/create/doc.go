// Package create is the wizard on screen, and the page that edits what it
// made: both draw the same panels from the same spec. What stage comes next
// and what is wrong is decided by package wizard; here it is drawn, saved as a
// draft after each change, and previewed.
package create
