package store

import "billferry/internal/integration"

// PackRun writes a run as it is kept at rest, without its id. Another store keeps
// it so too: a copy from one to the other is the same bytes.
func PackRun(r integration.Run) []byte { return packRun(r) }
