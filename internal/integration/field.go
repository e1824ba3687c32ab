package integration

// Field is a field of the destination's documents, as the account defines it.
type Field struct {
	// Key is how rules name it: department of the header, line.class of a line.
	Key   string `json:"key"`
	Label string `json:"label"` // in the forms of the destination, in the role's language
	// Type is the shape of its value: REFERENCE, ENUM, MULTI_SELECT, DATE, BOOLEAN,
	// NUMBER or TEXT.
	Type string `json:"type"`
	// Writable is whether a rule may fill it; Why tells why none may.
	Writable bool   `json:"writable"`
	Why      string `json:"why,omitempty"`
	// Mandatory is whether its definition demands it. A form or a preference of the
	// account may demand others: nobody is told of those but by a refusal.
	Mandatory bool `json:"mandatory,omitempty"`
	Custom    bool `json:"custom,omitempty"` // the account added it
	// Only names the one kind of document that has it; "" is every kind.
	Only string `json:"only,omitempty"`
}
