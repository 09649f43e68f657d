# Turns CHANGELOG.md into the changelog that nfpm reads.
function quoted(text) { gsub(/'/, "''", text); return "'" text "'" }
function flush() { if (note != "") print "    - note: " quoted(note); note = "" }
/^## \[[0-9]/ {
	flush()
	version = $2; gsub(/[][]/, "", version)
	printf "- semver: \"%s\"\n  date: %sT00:00:00Z\n  packager: \"%s\"\n  deb: {urgency: medium, distributions: [stable]}\n  changes:\n", version, $4, packager
	next
}
/^- / && version { flush(); note = substr($0, 3); next }
/^  [^ ]/ && note { sub(/^ +/, ""); note = note " " $0; next }
{ flush() }
END { flush() }
