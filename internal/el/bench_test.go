package el_test

import (
	"testing"

	"okta-walkme-agent/internal/el"
)

func BenchmarkEval(b *testing.B) {
	for _, bench := range []struct{ name, src string }{
		{"member", `user.firstName`},
		{"lower", `String.toLowerCase(user.email)`},
		{"concatenation", `user.firstName + " " + user.lastName`},
		{"ternary", `user.employeeNumber != "" AND user.employeeNumber != null ? user.employeeNumber : user.login`},
		{"nested", `toUpperCase(substringBefore( substringAfter(user.email, "@"), ".")) + "\" + substringBefore( user.email, "@")`},
		{"matches", `user.department matches "California-[a-zA-Z]+-Sales"`},
		{"country", `Iso3166Convert.toName("ZW" + user.empty)`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e := mustParse(b, bench.src)
			env := winston()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	const src = `user.employeeNumber != "" AND user.employeeNumber != null ? user.employeeNumber : String.toLowerCase(user.login)`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := el.Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
