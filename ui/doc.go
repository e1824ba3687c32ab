// Package ui is the Bubble Tea program: the root that owns the stack of
// screens, the dialogs over them, the toast, and the line of keys. route.go
// says who gets a message, build.go which screen a route opens. docs/UI.md
// tells how a key travels and how to add a setting or a screen.
package ui
