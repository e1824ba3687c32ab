package cli

import "io"

// logWriter writes to the log file, and to the standard error of a service
// (systemd keeps that) what the file does not take: the log lies on the disk
// whose being full it should tell of.
type logWriter struct {
	file   io.Writer
	backup io.Writer // nil: none, since it is somebody's screen
}

func (l logWriter) Write(b []byte) (int, error) {
	n, err := l.file.Write(b)
	if err != nil && l.backup != nil {
		return l.backup.Write(b)
	}
	return n, err
}
