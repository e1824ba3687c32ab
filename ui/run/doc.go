// Package run shows one run: what happened, why, and what to do about it.
package run
