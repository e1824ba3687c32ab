// Package currency knows how many digits after the point amounts of a currency
// have. Documents are rounded by it, and lists on screen.
package currency

import "strings"

// exponents has the currencies of ISO 4217 whose number of decimals is not 2;
// twoPlaces the others. Funds, metals and test codes, in which nobody is
// invoiced, are left out (list one, 2024).
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

const twoPlaces = " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE " +
	"CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD " +
	"HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP " +
	"MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR " +
	"SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED " +
	"VES WST XCD XCG YER ZAR ZMW ZWG ZWL "

// Exponent tells how many digits after the point amounts of a currency have
// (ISO 4217): JPY 0, USD 2, KWD 3. ok is false for a code it does not know.
func Exponent(iso string) (places int, ok bool) {
	if places, ok = exponents[iso]; ok {
		return places, true
	}
	return 2, len(iso) == 3 && !strings.Contains(iso, " ") && strings.Contains(twoPlaces, " "+iso+" ")
}
