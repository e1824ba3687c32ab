package suitetalk

import (
	"fmt"
	"net/http"
	"strconv"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

// ratePlaces is how many decimals NetSuite keeps of a rate or quantity (about
// eight are shown; a guess).
const ratePlaces = 8

// uniqueKey is the field of a line with the key that no other line of the
// account has; line keys begin anew in every transaction.
const uniqueKey = "lineUniqueKey"

// mergeLines works the sublist of a body into the lines of t. An element with
// a line key changes that line, one without adds a line. With replace, the
// body is the whole truth: lines it does not name go.
func (d *db) mergeLines(t *transaction, body *tree.Value, replace bool) *reply {
	if body.Kind != tree.Object {
		return invalidShape("item", "item")
	}
	if items := body.Get("items"); items != nil && items.Kind == tree.Null {
		t.lines = nil // "items": null clears a keyed sublist
		return nil
	}
	var kept []tree.Value
	if !replace {
		kept = append(kept, t.lines...)
	}
	for i, in := range sublist(body) {
		path := fmt.Sprintf("item.items[%d]", i)
		if in.Kind != tree.Object {
			return invalidShape("item", path)
		}
		line, at, no := t.target(kept, in, replace, path)
		if no != nil {
			return no
		}
		if no := d.writeLine(t, &line, in, path); no != nil {
			return no
		}
		if at >= 0 {
			kept[at] = line
			continue
		}
		kept = append(kept, line)
	}
	for i := range kept {
		if kept[i].Get(uniqueKey) == nil {
			kept[i].Set(uniqueKey, tree.Str(strconv.Itoa(d.nextKey())))
		}
	}
	t.lines = kept
	return nil
}

// target finds the line an element speaks of, or begins a new one (at is -1).
func (t *transaction) target(kept []tree.Value, in tree.Value, replace bool, path string) (line tree.Value, at int, no *reply) {
	key := in.TextOf("line")
	if key != "" {
		for i := range kept {
			if kept[i].TextOf("line") == key {
				return kept[i].Clone(), i, nil
			}
		}
		for i := range t.lines {
			if replace && t.lines[i].TextOf("line") == key {
				return t.lines[i].Clone(), -1, nil
			}
		}
		if _, err := strconv.Atoi(key); err != nil || !replace {
			return line, 0, invalidField(key, "line", path+".line")
		}
	}
	t.lastLine++
	return tree.Obj(tree.M("line", tree.Num(strconv.Itoa(t.lastLine)))), -1, nil
}

// writeLine puts the fields of an element into a line and works its amount out.
func (d *db) writeLine(t *transaction, line *tree.Value, in tree.Value, path string) *reply {
	for _, m := range in.Members {
		name, ok := d.canonical(onLine, m.Name)
		switch {
		case !ok || name == "line" || name == uniqueKey || name == "links":
		case m.Value.Kind == tree.Null:
			line.Delete(name)
		case references[name] != nil:
			e, no := d.reference(references[name], &m.Value, path+"."+name)
			if no != nil {
				return no
			}
			line.Set(name, d.ref(references[name], e.id))
		case d.isDate(onLine, name) && !validDate(&m.Value):
			return invalidShape(name, path+"."+name)
		default:
			v, no := d.custom(onLine, name, &m.Value, path+"."+name)
			if no != nil {
				return no
			}
			line.Set(name, v)
		}
	}
	if line.Get("item") == nil {
		return userError("Please enter value(s) for: Item.")
	}
	if in.Get("amount") == nil && (in.Get("rate") != nil || in.Get("quantity") != nil) {
		line.Delete("amount") // it follows from what has changed
	}
	return amount(t.places, line, path)
}

// amount fills in what a line costs: the amount when it is given, else
// quantity x rate. When both are given and differ, the amount stands (what
// NetSuite does then is not documented).
func amount(places int, line *tree.Value, path string) *reply {
	numbers := map[string]decimal.D{}
	for _, name := range []string{"quantity", "rate", "amount"} {
		v := line.Get(name)
		if v == nil {
			continue
		}
		n, err := v.Decimal()
		if err != nil {
			return invalidShape(name, path+"."+name)
		}
		if name != "amount" && n.Places() > ratePlaces {
			n = n.Round(ratePlaces)
		}
		numbers[name] = n
		line.Set(name, tree.Dec(n))
	}
	sum, given := numbers["amount"]
	rate, rated := numbers["rate"]
	switch {
	case given && sum.Places() > places:
		return failure(http.StatusBadRequest, "USER_ERROR",
			fmt.Sprintf("Error while accessing a resource. The debits and credits are not balanced. "+
				"Please round off the amount of each line to a maximum of %d decimal places.", places), path+".amount")
	case given:
	case rated:
		sum = rate
		if q, ok := numbers["quantity"]; ok {
			sum = q.Mul(rate)
		}
	default:
		return userError("Please enter value(s) for: Amount.")
	}
	line.Set("amount", tree.Dec(sum.Round(places)))
	return nil
}

// sum is the total of the lines.
func sum(lines []tree.Value) (total decimal.D) {
	for i := range lines {
		n, err := lines[i].Get("amount").Decimal()
		if err == nil { // amount has seen to it
			total = total.Add(n)
		}
	}
	return total
}
