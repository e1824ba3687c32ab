// Package settle holds the acts on a run that need a person's word: it is in
// NetSuite already, it shall not be sent, it shall wait, it may go. The list of
// runs and the page of one offer the same.
package settle
