// Package sandbox starts local simulators of NetSuite and m3ter on loopback,
// with a small company in them, so that the whole of billferry can be tried,
// demonstrated, measured and broken on purpose without an account anywhere.
//
//	box, err := sandbox.Start(ctx, sandbox.Options{})
//	defer box.Close()
//	cred, err := box.Credentials()        // what Connect asks for
//
// The packages: suitetalk is NetSuite, suiteql its query language, m3terapi is
// m3ter, seed the company, fault what goes wrong, tree the JSON they share.
// A /sandbox/ control surface on both listeners scripts faults, periods,
// payments and Bills while they run; control.go has the list.
//
// It is a stand-in for tests and demos, loopback only: the control surface
// asks for no password.
package sandbox
