package main

import (
	"errors"
	"fmt"
)

// newcomers are the people of a company that is bought: enough that a few leavers are
// more than a limit lets pass, with names as the world has them.
var newcomers = [][2]string{
	{"Jürgen", "Groß-Schäfer"}, {"花子", "山田"}, {"太郎", "田中"}, {"Björn", "Åkesson"}, {"Siobhán", "O'Brien"}, {"María José", "de la Cruz"},
	{"Anne-Sophie", "d'Ormesson-Wittgenstein von und zu Hohenlohe"}, {"Łukasz", "Żółć"}, {"Özgür", "Çelik"}, {"Nguyễn", "Văn Ánh"},
	{"Mohammed", "al-Fārābī"}, {"Ольга", "Иванова"}, {"Ελένη", "Παπαδοπούλου"}, {"Li", "Wu"}, {"Grace", "Hopper"}, {"Alan", "Turing"},
	{"Barbara", "Liskov"}, {"Edsger", "Dijkstra"}, {"Frances", "Allen"}, {"Donald", "Knuth"}, {"Radia", "Perlman"}, {"Ken", "Thompson"},
	{"Margaret", "Hamilton"}, {"Dennis", "Ritchie"}, {"Adele", "Goldberg"}, {"Tony", "Hoare"}, {"Shafi", "Goldwasser"}, {"Leslie", "Lamport"},
	{"Karen", "Jones"}, {"John", "McCarthy"}, {"Mary", "Keller"}, {"Vint", "Cerf"}, {"Jean", "Bartik"}, {"Niklaus", "Wirth"},
	{"Kathleen", "Booth"}, {"Peter", "Naur"}, {"Ruth", "Teitelbaum"}, {"John", "Backus"}, {"Joan", "Clarke"}, {"Robin", "Milner"},
}

// leavers is how many of them a reorganisation takes off the app.
const leavers = 8

func newcomer(i int) string { return fmt.Sprintf("person%02d@example.com", i+1) }

// storyCommands make enough happen at once that a person has to decide.
var storyCommands = []demoCommand{
	{"merger", "", "forty new people, half of them in a group", func(d *demo, _ []string) error {
		if d.emails[newcomer(0)] != "" {
			return errors.New("they are there already")
		}
		for i, name := range newcomers {
			d.hire(name[0], name[1], newcomer(i))
			if i%2 == 0 {
				d.org.AddMember(d.groups["WalkMe Editors"], d.emails[newcomer(i)])
			}
		}
		return nil
	}},
	{"reorg", "", "eight of them are taken off the app at once", func(d *demo, _ []string) error {
		if d.emails[newcomer(0)] == "" {
			return errors.New("type merger before, and make a run")
		}
		for i := range leavers {
			d.org.Unassign(d.emails[newcomer(i)])
		}
		return nil
	}},
}

// consoleHint says what there is to see.
const consoleHint = `opens the console, once. To see it work, start a run there, and look up Ann.
Then type merger here and start another run; type reorg, and start a third: what
it removes is more than a limit lets pass, and waits for you in the console.
`
