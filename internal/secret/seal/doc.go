// Package seal encrypts secrets for rest: private keys and API secrets lie in
// the store as age files that only this user's identity opens.
//
// The identity (X25519) is kept where the system keeps passwords, the OS
// keyring, and where none answers in a file of mode 0600 beside the store. Two
// small files in the data folder tell which:
//
//	seal.pub  the identity is in the OS keyring, under this public name
//	seal.key  the identity itself
//
// A store whose identity is gone is not repaired silently: Open refuses and
// says what is missing, since making a new identity would turn every sealed
// secret into noise.
package seal
