package el

import (
	"fmt"
	"strings"
)

func (p *parser) primary() (node, *problem) {
	tok := p.tok
	switch tok.kind {
	case tokenNumber:
		return newLiteral(tok.at, tok.num), p.advance()
	case tokenString:
		return newLiteral(tok.at, tok.text), p.advance()
	case tokenName:
		return p.name()
	}
	switch {
	case p.isSign("("):
		return p.parenthesis()
	case p.isSign("{"):
		return p.array()
	}
	return nil, p.unexpected("a value")
}

func (p *parser) parenthesis() (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	return n, p.expect(")")
}

func (p *parser) array() (node, *problem) {
	offset := p.tok.at
	if err := p.advance(); err != nil {
		return nil, err
	}
	elements, err := p.list("}")
	if err != nil {
		return nil, err
	}
	return &arrayNode{origin{offset, kindArray}, elements}, nil
}

// list parses expressions between commas up to and including the closing sign.
func (p *parser) list(closing string) ([]node, *problem) {
	var list []node
	for {
		if closed, err := p.accept(closing); err != nil || closed && len(list) == 0 {
			return list, err
		}
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		if p.isSign(":") {
			return nil, refuse(p.tok.at, "maps are not supported", "write an array, {1, 2, 3}")
		}
		if closed, err := p.accept(closing); err != nil || closed {
			return list, err
		}
		if !p.isSign(",") {
			return nil, p.unexpected(", or " + closing)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.isSign(closing) {
			return nil, p.unexpected("a value")
		}
	}
}

// name parses what begins with a name: a literal word, a member or a call.
func (p *parser) name() (node, *problem) {
	name := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch strings.ToLower(name.text) {
	case "true":
		return newLiteral(name.at, true), nil
	case "false":
		return newLiteral(name.at, false), nil
	case "null":
		return newLiteral(name.at, nil), nil
	}
	root, isRoot := rootNamed(name.text)
	switch {
	case p.isSign("("):
		return p.bareCall(name)
	case p.isSign(".") && isNamespace(name.text):
		return p.namespaceCall(name)
	case isRoot && p.isSign("."):
		return p.member(name, root)
	case isRoot && p.isSign("["):
		return p.quotedMember(name, root)
	case isRoot && p.isSign("?."):
		return nil, p.safeNavigation()
	case isRoot || isNamespace(name.text):
		return nil, refuse(name.at, name.text+" alone has no value", "write "+name.text+".NAME")
	case p.isSign(".") || p.isSign("[") || p.isSign("?."):
		return nil, refuseRoot(name.at, name.text)
	}
	if hint := refusedWord(name.text); hint != "" {
		return nil, refuse(name.at, "unexpected "+name.text, hint)
	}
	if before := p.lexer.src[:name.at]; strings.HasSuffix(before, "-") && len(p.refs) > 0 {
		if last := p.refs[len(p.refs)-1]; strings.HasSuffix(before, last.Name+"-") {
			hint := fmt.Sprintf("an attribute with a - in its name is written %s[%q]", last.Root, last.Name+"-"+name.text)
			return nil, refuse(name.at, "unknown name "+name.text, hint)
		}
	}
	return nil, refuse(name.at, "unknown name "+name.text, "write user."+name.text+" for an attribute, quotes for a string")
}

// member parses root.name, and the methods of user.
func (p *parser) member(root token, object string) (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.projection(); err != nil {
		return nil, err
	}
	name := p.tok
	if name.kind != tokenName {
		return nil, p.unexpected("the name of an attribute")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.isSign("(") {
		return p.userMethod(root, object, name)
	}
	return p.reference(root.at, object, name.text), nil
}

// quotedMember parses root["name"].
func (p *parser) quotedMember(root token, object string) (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	name := p.tok
	if name.kind != tokenString || name.text == "" {
		return nil, p.unexpected("the quoted name of an attribute")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	return p.reference(root.at, object, name.text), nil
}

func (p *parser) reference(offset int, object, name string) node {
	ref := Reference{object, name}
	p.refs = append(p.refs, ref)
	return &memberNode{origin{offset, kindAny}, ref}
}

// userMethod parses user.getInternalProperty("id"), the one method of a root.
func (p *parser) userMethod(root token, object string, name token) (node, *problem) {
	full := object + "." + name.text
	if msg, hint, ok := refusedCall(full); ok {
		return nil, refuse(root.at, msg, hint)
	}
	if full != "user.getInternalProperty" {
		hint := "call it on an attribute, as in user.firstName." + name.text + "()"
		if _, ok := methods[name.text]; !ok {
			hint = "its one method is user.getInternalProperty"
		}
		return nil, refuse(name.at, root.text+" has no method "+name.text, hint)
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if property, ok := args[0].(*literalNode); ok && (property.value == "id" || property.value == "status") {
			return p.reference(root.at, rootInternal, text(property.value)), nil
		}
	}
	return nil, refuse(name.at, "getInternalProperty knows two properties", `write user.getInternalProperty("id") or user.getInternalProperty("status")`)
}

// projection refuses SpEL's selection and projection behind a dot.
func (p *parser) projection() *problem {
	for _, sign := range [...]string{"!", "?", "^", "$"} {
		if p.isSign(sign) {
			return refuse(p.tok.at, "collection projection and selection are not supported", "take one element with [0], or all with Arrays.toCsvString")
		}
	}
	return nil
}

// arguments parses a list in parentheses.
func (p *parser) arguments() ([]node, *problem) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	return p.list(")")
}

// bareCall parses a function without a namespace. Okta keeps some functions of
// String under such names, deprecated; here all of them have one.
func (p *parser) bareCall(name token) (node, *problem) {
	fn := functionNamed("String." + name.text)
	if fn == nil {
		return nil, refuseFunction(name.at, name.text)
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return newCall(name.at, name.text, fn, args, false)
}

func (p *parser) namespaceCall(namespace token) (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind != tokenName {
		return nil, p.unexpected("the name of a function")
	}
	name := namespace.text + "." + p.tok.text
	fn := functionNamed(name)
	if fn == nil {
		return nil, refuseFunction(namespace.at, name)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return newCall(namespace.at, name, fn, args, false)
}

// method parses a call on a value.
func (p *parser) method(receiver node) (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.projection(); err != nil {
		return nil, err
	}
	name := p.tok
	if name.kind != tokenName {
		return nil, p.unexpected("the name of a method")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.isSign("(") {
		return nil, refuseMember(name, receiver)
	}
	fn, ok := methods[name.text]
	if !ok {
		return nil, refuseMethod(name.at, name.text)
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return newCall(name.at, name.text, &fn, append([]node{receiver}, args...), true)
}

// refuseMember explains the member of a member, above all Identity Engine's
// user.profile.firstName.
func refuseMember(name token, of node) *problem {
	if m, ok := of.(*memberNode); ok && m.ref.Root != rootInternal {
		if m.ref.Name == "profile" {
			hint := fmt.Sprintf("that is the form of Identity Engine policies: write %s.%s", m.ref.Root, name.text)
			return refuse(m.offset(), fmt.Sprintf("%s.profile is not an attribute", m.ref.Root), hint)
		}
		if _, ok := methods[name.text]; ok {
			return refuse(name.at, fmt.Sprintf("%s.%s has no members", m.ref.Root, m.ref.Name), "a method is called: write "+name.text+"()")
		}
		return refuse(name.at, fmt.Sprintf("%s.%s has no members", m.ref.Root, m.ref.Name), "only user, appuser and app have members")
	}
	return refuse(name.at, "a value has no member "+name.text, "only user, appuser and app have members")
}
