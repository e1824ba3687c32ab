// Package form edits the settings of a spec: panels that open and close, one
// row a setting, a grid for maps, errors beside their field. It draws whatever
// the spec lists, so that a new setting needs no line here. It does no IO:
// where a setting is chosen from a list that lives elsewhere, Update answers
// Ask and the owner opens a picker.
package form
