package store

import "billferry/store/kv"

// layout is the file's, of which doc.go tells what is in each bucket. Its version
// changes with the layout and with the records.
var layout = kv.NewSchema("2")

var (
	bIntegrations = layout.Bucket("integrations", 0)
	bNames        = layout.Bucket("names", 0)
	bCredentials  = layout.Bucket("credentials", 0)
	bSource       = layout.Bucket("source", 0)
	bDrafts       = layout.Bucket("drafts", 0)
	bMappings     = layout.Bucket("mappings", kv.Appended)
	bMappingKey   = layout.Bucket("mapping.key", 0)
	bMeta         = layout.Bucket("meta", 0)
	bAudit        = layout.Bucket("audit", kv.Appended)
	// Runs double in size until they are delivered, which needs room in their pages.
	bRuns        = layout.Bucket("runs", kv.Staged)
	bBills       = layout.Bucket("bills", kv.Staged|kv.Appended)
	bAttempts    = layout.Bucket("attempts", kv.Staged|kv.Appended)
	bRunBill     = layout.Bucket("run.bill", kv.Staged)
	bRunDue      = layout.Bucket("run.due", kv.Staged)
	bRunState    = layout.Bucket("run.state", kv.Staged|kv.Appended)
	bRunAccount  = layout.Bucket("run.account", kv.Staged)
	bAccountCode = layout.Bucket("account.code", 0)
	bStates      = layout.Bucket("states", 0)
	bHours       = layout.Bucket("hours", 0)
	bCounters    = layout.Bucket("counters", 0)
	bEvents      = layout.Bucket("events", kv.Appended)
	bEventOpen   = layout.Bucket("event.open", 0)
	bReconciled  = layout.Bucket("reconciled", 0)
	bResolved    = layout.Bucket("resolved", 0)
	// What a file of version 1 lacks: see months.go.
	bRunMonth = layout.Bucket("run.month", kv.Staged|kv.Appended)
	bMonths   = layout.Bucket("months", kv.Staged)
)

func init() { layout.Follows("1", kv.Mark{Bucket: bMonths, Key: keyFilled, Value: firstKey[:]}) }
