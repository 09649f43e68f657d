package el

import "strings"

// methods are the calls on a value that Okta documents for Identity Engine,
// and those that String and Arrays have under another name. The first
// parameter is the value. It is never written to.
var methods = map[string]function{
	"add":              arrayFunctions["Arrays.add"],
	"contains":         {params: []kind{kindString | kindArray, kindAny}, result: kindBool, nulls: true, call: contains},
	"flatten":          {params: []kind{kindArray}, result: kindArray, nulls: true, call: arraysFlatten},
	"isEmpty":          arrayFunctions["Arrays.isEmpty"],
	"length":           stringFunctions["String.len"],
	"parseCountryCode": convertFunctions["Iso3166Convert.toAlpha2"],
	"remove":           arrayFunctions["Arrays.remove"],
	"removeSpaces":     stringFunctions["String.removeSpaces"],
	"replace":          stringFunctions["String.replace"],
	"replaceFirst":     stringFunctions["String.replaceFirst"],
	"size":             arrayFunctions["Arrays.size"],
	"startsWith":       stringFunctions["String.startsWith"],
	"substring":        {params: []kind{kindString, kindNumber, kindNumber}, optional: 1, result: kindString, call: substringTo},
	"substringAfter":   stringFunctions["String.substringAfter"],
	"substringBefore":  stringFunctions["String.substringBefore"],
	"toAlpha2":         convertFunctions["Iso3166Convert.toAlpha2"],
	"toAlpha3":         convertFunctions["Iso3166Convert.toAlpha3"],
	"toInteger":        convertFunctions["Convert.toInt"],
	"toLowerCase":      stringFunctions["String.toLowerCase"],
	"toName":           convertFunctions["Iso3166Convert.toName"],
	"toNumber":         convertFunctions["Convert.toNum"],
	"toNumeric":        convertFunctions["Iso3166Convert.toNumeric"],
	"toUpperCase":      stringFunctions["String.toUpperCase"],
}

// contains asks an array for an element and a string for a part.
func contains(args []any) (any, error) {
	if _, ok := args[0].([]any); ok {
		return arraysContains(args)
	}
	part, ok := textOf(args[1])
	return args[0] != nil && ok && strings.Contains(text(args[0]), part), nil
}

// substringTo is substring with the end of the string as its default end.
func substringTo(args []any) (any, error) {
	if len(args) == 2 {
		args = append(args, int64(utf16Len(text(args[0]))))
	}
	return stringSubstring(args)
}
