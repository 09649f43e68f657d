// Package fault is the short language in which a fake server is told what goes
// wrong with its requests:
//
//	lost-answer,on=POST,path=/Users
//	status=503,on=write,nth=2
//	rate-limit=30,about=ann@example.com,times=3
//
// A rule begins with a kind, and its value where it takes one; which kinds there
// are, and what they do, is the server's own business (Kind). What follows says
// which requests it meets: on (a method; read or write; any), path (a path below
// the base address, and all below it), about (a text in path, query or body),
// nth (the first of those that is met, counted from 1) and times (how many from
// there on, or all). Without nth and times it is the next one alone.
//
// Rules, the set that a server holds, counts requests and tells which rule meets
// one. There is no I/O here.
package fault
