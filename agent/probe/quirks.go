package probe

// quirkChecks are what broke real servers under Okta, beyond what Okta's suites look at.
func quirkChecks() []Check {
	list := quirkListChecks()
	list = append(list, quirkFilterChecks()...)
	list = append(list, quirkNameChecks()...)
	list = append(list, quirkUniqueChecks()...)
	list = append(list, quirkUserChecks()...)
	list = append(list, quirkPatchChecks()...)
	list = append(list, quirkGroupChecks()...)
	list = append(list, quirkErrorChecks()...)
	list = append(list, quirkCrowdChecks()...)
	return append(list, quirkRunChecks()...)
}
