// Package har records HTTP exchanges in a file that browsers' developer tools
// open: an HTTP Archive, version 1.2 (http://www.softwareishard.com/blog/har-12-spec/).
//
// A Recorder owns the file. Its Transport stands nearest to the network, so that
// each try of a retried request is an entry of its own and what never left is
// none. Bodies are copied as they pass, and nothing is changed. An exchange is complete, and written, when its answer has been read
// or given up. Each entry is one write over the closing brackets, so that the
// file is whole after every exchange and what a killed process leaves can be
// read.
//
// Secrets do not reach the file. Headers and query or form parameters that carry
// credentials are replaced by name, members of JSON by key at any depth, and the
// credentials of a request wherever else they turn up in its exchange, such as
// in an error page that shows the request.
package har
