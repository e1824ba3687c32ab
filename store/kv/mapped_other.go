//go:build !linux

package kv

func filesMapped() int { return 0 } // it is not told

func letGo(uintptr, int64) {}
