//go:build !linux && !darwin

package api

// peerUID cannot tell here; the modes of the socket and its folder protect it.
func peerUID(int) (uid int, known bool, err error) { return 0, false, nil }
