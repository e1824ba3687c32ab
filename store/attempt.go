package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// packAttempt writes the attempt without its bodies as JSON, then the bodies
// as they are, each behind its length. Inside JSON they would be base64, which
// is longer and hides from the compressor what repeats.
func packAttempt(a integration.Attempt) []byte {
	buf := scratch.Get().(*[]byte)
	defer giveBack(buf)
	*buf = kv.AppendPart((*buf)[:0], appendHead(make([]byte, 0, 2048), &a))
	*buf = kv.AppendPart(*buf, a.Document)
	for i := range a.Exchanges {
		*buf = kv.AppendPart(kv.AppendPart(*buf, a.Exchanges[i].ReqBody), a.Exchanges[i].RespBody)
	}
	return pack(*buf)
}

func unpackAttempt(b []byte) (a integration.Attempt, err error) {
	raw, err := unpack(b)
	if err != nil {
		return a, err
	}
	next := func() (part []byte) {
		if err == nil {
			part, raw, err = kv.CutPart(raw)
		}
		return part
	}
	head := next()
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(head, &a); err != nil {
		return a, err
	}
	a.Document = next()
	for i := range a.Exchanges {
		a.Exchanges[i].ReqBody, a.Exchanges[i].RespBody = next(), next()
	}
	return a, err
}

// appendHead appends an attempt without its bodies, as encoding/json reads it.
// It is written by hand since each Bill has one: by tags it takes three times as
// long, which is as long as packing all of the attempt (BenchmarkHeadOfAttempt).
func appendHead(b []byte, a *integration.Attempt) []byte {
	b = strconv.AppendInt(append(b, `{"n":`...), int64(a.N), 10)
	if a.Look {
		b = append(b, `,"look":true`...)
	}
	b = appendInstant(append(b, `,"start":`...), a.Start)
	b = appendInstant(append(b, `,"end":`...), a.End)
	b = appendQuoted(append(b, `,"status":`...), string(a.Status))
	b = appendMember(b, `,"cause":`, a.Cause)
	b = appendMember(b, `,"error":`, a.Error)
	for i := range a.Exchanges {
		if i == 0 {
			b = append(b, `,"exchanges":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendExchange(b, &a.Exchanges[i])
		if i == len(a.Exchanges)-1 {
			b = append(b, ']')
		}
	}
	return append(b, '}')
}

func appendExchange(b []byte, x *integration.Exchange) []byte {
	b = appendQuoted(append(b, `{"purpose":`...), x.Purpose)
	b = appendMember(b, `,"method":`, x.Method)
	b = appendMember(b, `,"url":`, x.URL)
	b = appendInstant(append(b, `,"start":`...), x.Start)
	b = strconv.AppendInt(append(b, `,"duration":`...), int64(x.Duration), 10)
	b = appendHeaders(b, `,"requestHeaders":`, x.ReqHead)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(x.Status), 10)
	b = appendHeaders(b, `,"responseHeaders":`, x.RespHead)
	if x.Cut {
		b = append(b, `,"cut":true`...)
	}
	b = appendMember(b, `,"error":`, x.Error)
	return append(b, '}')
}

func appendHeaders(b []byte, name string, h map[string]string) []byte {
	if len(h) == 0 {
		return b
	}
	b = append(append(b, name...), '{')
	for i, k := range slices.Sorted(maps.Keys(h)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(append(appendQuoted(b, k), ':'), h[k])
	}
	return append(b, '}')
}

func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendQuoted(append(b, name...), value)
}

func appendInstant(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendQuoted puts U+FFFD in place of what is not UTF-8, as encoding/json does.
func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // its error tells of that
	return b
}
