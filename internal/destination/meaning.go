package destination

// Meaning is what a cause stands for, for who looks it up.
type Meaning struct {
	Cause   string `json:"cause"`
	Then    Then   `json:"then"`
	Is      string `json:"is,omitempty"`      // what has happened
	Answers string `json:"answers,omitempty"` // what the destination answers: codes and statuses, or a sentence
	Do      string `json:"do,omitempty"`      // what a person does, or looks at if it lasts
}

// Then is how it goes on with what has the cause.
type Then string

// How it goes on.
const (
	ByItself Then = "goes on by itself"
	NeedsYou Then = "needs you, then a retry"
	Mends    Then = "needs you, then goes on by itself"
	Settled  Then = "is complete"
	Refused  Then = "refuses what was asked for"
)

// Explainer is an adapter that tells what the causes of its answers mean.
type Explainer interface {
	Meanings() []Meaning
}
