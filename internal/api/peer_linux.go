package api

import "golang.org/x/sys/unix"

// peerUID asks the kernel for the user at the other end (unix(7), SO_PEERCRED).
func peerUID(fd int) (uid int, known bool, err error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, false, err
	}
	return int(cred.Uid), true, nil
}
