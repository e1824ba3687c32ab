// Package widget holds the parts that several screens are made of: a list that
// draws only the rows in view, a filter line, a table layout, text cut by cell
// width, a spinner that starts late, a dialog frame. A widget does no IO and
// knows no service; its owner passes it keys and draws its View.
package widget
