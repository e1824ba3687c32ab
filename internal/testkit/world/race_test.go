//go:build race

package world

const race = true
