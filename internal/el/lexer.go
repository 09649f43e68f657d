package el

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenString
	tokenNumber
	tokenSign // an operator or a bracket; text says which
)

// token is one lexical element. at is its byte offset in the source.
type token struct {
	kind tokenKind
	at   int
	text string // as written; for a string, its value
	num  any    // of a number: int64 or float64
}

const escapeHint = "a backslash does not escape: double the quote to put one into the string"

// signs lists the operators and brackets, longer before shorter. The ones the
// language refuses are here so that the parser can name them.
var signs = [...]string{
	"?:", "?.", "&&", "||", "==", "!=", "<=", ">=",
	"(", ")", "{", "}", "[", "]", ",", ".", "?", ":",
	"+", "-", "*", "/", "%", "!", "<", ">",
	"=", "&", "|", "^", "#", "@", "$", ";",
}

// lexer cuts a source into tokens.
type lexer struct {
	src string
	pos int
}

func (l *lexer) next() (token, *problem) {
	l.skipSpace()
	if l.pos == len(l.src) {
		return token{kind: tokenEnd, at: l.pos}, nil
	}
	r, size := utf8.DecodeRuneInString(l.src[l.pos:])
	switch {
	case r == '"' || r == '\'':
		return l.stringLiteral()
	case '0' <= r && r <= '9':
		return l.number()
	case isNameStart(r):
		return l.name(), nil
	}
	for _, sign := range signs {
		if strings.HasPrefix(l.src[l.pos:], sign) {
			l.pos += len(sign)
			return token{kind: tokenSign, at: l.pos - len(sign), text: sign}, nil
		}
	}
	return token{}, l.unknown(r, size)
}

// skipSpace passes over white space, also the no-break spaces that come along
// when an expression is copied from a web page.
func (l *lexer) skipSpace() {
	rest := strings.TrimLeftFunc(l.src[l.pos:], unicode.IsSpace)
	l.pos = len(l.src) - len(rest)
}

func (l *lexer) unknown(r rune, size int) *problem {
	if r == utf8.RuneError && size == 1 {
		return refuse(l.pos, "invalid UTF-8", "")
	}
	hint := ""
	if strings.ContainsRune("“”„‘’‚«»`´", r) {
		hint = `write straight quotes, "…" or '…'`
	}
	return refuse(l.pos, "unexpected character "+strconv.QuoteRune(r), hint)
}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isNamePart(r rune) bool { return isNameStart(r) || r == '$' || unicode.IsDigit(r) }

func (l *lexer) name() token {
	rest := l.src[l.pos:]
	end := strings.IndexFunc(rest, func(r rune) bool { return !isNamePart(r) })
	if end < 0 {
		end = len(rest)
	}
	l.pos += end
	return token{kind: tokenName, at: l.pos - end, text: rest[:end]}
}

// stringLiteral reads a literal in either kind of quotes. As in SpEL, a
// doubled quote stands for the quote and a backslash for itself.
func (l *lexer) stringLiteral() (token, *problem) {
	start, quote := l.pos, l.src[l.pos]
	for i := start + 1; i < len(l.src); i++ {
		if l.src[i] != quote {
			continue
		}
		if i+1 < len(l.src) && l.src[i+1] == quote {
			i++
			continue
		}
		l.pos = i + 1
		q := string(quote)
		text := strings.ReplaceAll(l.src[start+1:i], q+q, q)
		if !utf8.ValidString(text) {
			return token{}, refuse(start, "invalid UTF-8 in a string", "")
		}
		return token{kind: tokenString, at: start, text: text}, nil
	}
	hint := "close it with " + string(quote)
	if strings.Contains(l.src[start:], `\`+string(quote)) {
		hint = escapeHint
	}
	return token{}, refuse(start, "the string is not closed", hint)
}

func (l *lexer) number() (token, *problem) {
	start := l.pos
	l.digits()
	decimal := l.fraction()
	decimal = l.exponent() || decimal
	text := l.src[start:l.pos]
	if r, _ := utf8.DecodeRuneInString(l.src[l.pos:]); isNamePart(r) {
		return token{}, refuse(l.pos, "a letter follows a number", "write digits only, or quote the whole as a string")
	}
	if !decimal {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return token{}, refuse(start, "the integer is too large", "the largest is 9223372036854775807")
		}
		return token{kind: tokenNumber, at: start, text: text, num: n}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return token{}, refuse(start, "the number is too large", "")
	}
	return token{kind: tokenNumber, at: start, text: text, num: f}, nil
}

func (l *lexer) digits() {
	for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
		l.pos++
	}
}

// fraction reads ".5"; a dot without a digit behind it is a member access.
func (l *lexer) fraction() bool {
	if l.pos+1 >= len(l.src) || l.src[l.pos] != '.' || !isDigit(l.src[l.pos+1]) {
		return false
	}
	l.pos++
	l.digits()
	return true
}

func (l *lexer) exponent() bool {
	rest := l.src[l.pos:]
	if rest == "" || rest[0]|0x20 != 'e' {
		return false
	}
	at := 1
	if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
		at = 2
	}
	if at >= len(rest) || !isDigit(rest[at]) {
		return false
	}
	l.pos += at
	l.digits()
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
