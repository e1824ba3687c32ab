package api

import "golang.org/x/sys/unix"

// peerUID asks the kernel for the user at the other end (unix(4), LOCAL_PEERCRED).
func peerUID(fd int) (uid int, known bool, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, false, err
	}
	return int(cred.Uid), true, nil
}
