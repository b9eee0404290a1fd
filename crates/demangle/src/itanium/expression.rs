//! Expressions: in template arguments, dimensions, `decltype`, `noexcept` and constraints.

use super::node::{List, LiteralStyle, Many, Node, NodeId, One, Three, Two};
use super::operator::{Form, Operator};
use super::parser::{Parser, Signature};
use crate::limit::{Parsed, Refused};

impl<'a> Parser<'a> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<NodeId> {
        self.graph.limit.enter()?;
        let expression = self.expression_inside();
        self.graph.limit.leave();
        expression
    }

    fn expression_inside(&mut self) -> Parsed<NodeId> {
        let codes = (self.cursor.peek(), self.cursor.peek_at(1));
        match codes {
            (b'L', _) => return self.primary(),
            (b'T', _) => return self.template_parameter(),
            (b'0'..=b'9', _) => {
                let name = self.plain_name()?;
                return self.with_arguments(name);
            }
            (b's', b'r') => return self.unresolved_name(),
            (b'f', b'L') if self.cursor.peek_at(2).is_ascii_digit() => {
                self.cursor.skip(2);
                // How many scopes away the function is. It is not shown.
                self.cursor.decimal()?;
                self.cursor.expect(b'p')?;
                return self.function_parameter();
            }
            (b'u', _) => {
                self.cursor.skip(1);
                return self.vendor_expression();
            }
            _ => {}
        }
        let start = self.cursor;
        let code = [self.cursor.next()?, self.cursor.next()?];
        match &code {
            b"so" => self.subobject(),
            b"sp" => {
                let pattern = self.expression()?;
                self.graph.one(One::Expansion, pattern)
            }
            b"sZ" => {
                let pack = self.expression()?;
                self.graph.one(One::SizeofPack, pack)
            }
            b"sP" => {
                let args = self.arguments_until_end()?;
                self.graph.many(Many::SizeofArguments, args)
            }
            b"fp" => {
                if self.cursor.eat(b'T') {
                    return self.graph.add(Node::FunctionParam(0));
                }
                self.function_parameter()
            }
            b"mc" => {
                let to = self.type_name()?;
                let expression = self.expression()?;
                self.optional_number()?;
                self.cursor.expect(b'E')?;
                self.graph.two(Two::MemberPointerCast, to, expression)
            }
            b"on" => {
                let name = self.plain_name()?;
                self.with_arguments(name)
            }
            b"il" => self.initializer(NodeId::NONE),
            b"tl" => {
                let of = self.type_name()?;
                self.initializer(of)
            }
            b"rq" | b"rQ" => self.requires(code[1] == b'Q'),
            b"cv" => {
                let cast = self.of_type(One::Cast)?;
                let operand =
                    if self.cursor.eat(b'_') { self.expressions_until(b'E')? } else { self.expression()? };
                self.graph.two(Two::Prefix, cast, operand)
            }
            [b'v', b'0'..=b'9'] => {
                self.cursor = start;
                let operator = self.operator_name(true)?;
                self.vendor_operation(operator, code[1] - b'0')
            }
            _ => {
                let operator = Operator::of(code).ok_or(Refused)?;
                self.operation(operator)
            }
        }
    }

    /// An expression, after its operator.
    fn operation(&mut self, operator: &'static Operator) -> Parsed<NodeId> {
        let form = operator.form;
        let id = self.graph.add(Node::Operator(operator))?;
        match form {
            Form::Alone => self.graph.one(One::Nullary, id),
            Form::Unary => {
                let operand = self.expression()?;
                self.graph.two(Two::Prefix, id, operand)
            }
            Form::Step => {
                let kind = if self.cursor.eat(b'_') { Two::Prefix } else { Two::Postfix };
                let operand = self.expression()?;
                self.graph.two(kind, id, operand)
            }
            Form::OfType => {
                let of = self.type_name()?;
                self.graph.two(Two::OfType, id, of)
            }
            Form::Binary => {
                let left = self.expression()?;
                let right = self.expression()?;
                self.graph.three(Three::Binary, id, left, right)
            }
            Form::NamedCast => {
                let to = self.type_name()?;
                let operand = self.expression()?;
                self.graph.three(Three::Binary, id, to, operand)
            }
            Form::Call => {
                let function = self.expression()?;
                let args = self.expressions_until(b'E')?;
                self.graph.three(Three::Binary, id, function, args)
            }
            Form::Member => {
                let object = self.expression()?;
                let member = if self.cursor.peek() == b'L' {
                    self.primary()?
                } else {
                    let name = self.unresolved_name()?;
                    self.with_arguments(name)?
                };
                self.graph.three(Three::Binary, id, object, member)
            }
            Form::MemberInitializer => {
                let member = self.plain_name()?;
                let value = self.expression()?;
                self.graph.three(Three::Binary, id, member, value)
            }
            Form::Ternary => {
                let first = self.expression()?;
                let second = self.expression()?;
                let third = self.expression()?;
                let kind = if operator.text == "?" { Three::Conditional } else { Three::RangeInitializer };
                self.graph.three(kind, first, second, third)
            }
            Form::New => self.new_expression(),
            Form::LeftFold | Form::RightFold | Form::LeftFoldFrom | Form::RightFoldFrom => {
                let operator = self.operator_name(true)?;
                let first = self.expression()?;
                let second = match form {
                    Form::LeftFoldFrom | Form::RightFoldFrom => self.expression()?,
                    _ => NodeId::NONE,
                };
                let is_left = matches!(form, Form::LeftFold | Form::LeftFoldFrom);
                let kind = if is_left { Three::LeftFold } else { Three::RightFold };
                self.graph.three(kind, operator, first, second)
            }
        }
    }

    /// The operands of a compiler's own operator.
    fn vendor_operation(&mut self, operator: NodeId, operands: u8) -> Parsed<NodeId> {
        let mut next = || self.expression();
        match operands {
            0 => self.graph.one(One::Nullary, operator),
            1 => {
                let operand = next()?;
                self.graph.two(Two::Prefix, operator, operand)
            }
            2 => {
                let (left, right) = (next()?, next()?);
                self.graph.three(Three::Binary, operator, left, right)
            }
            3 => {
                let (first, second, third) = (next()?, next()?, next()?);
                self.graph.three(Three::Conditional, first, second, third)
            }
            _ => Err(Refused),
        }
    }

    /// Expressions, and the byte that ends them.
    fn expressions_until(&mut self, end: u8) -> Parsed<NodeId> {
        let mark = self.graph.open_list();
        while !self.cursor.eat(end) {
            let expression = self.expression()?;
            self.graph.push(expression);
        }
        let list = self.graph.close_list(mark);
        self.graph.many(Many::Expressions, list)
    }

    /// Template arguments up to `E`.
    fn arguments_until_end(&mut self) -> Parsed<List> {
        let mark = self.graph.open_list();
        while !self.cursor.eat(b'E') {
            let argument = self.template_argument(None)?;
            self.graph.push(argument);
        }
        Ok(self.graph.close_list(mark))
    }

    /// `{...}`, with the type before it or none.
    fn initializer(&mut self, of: NodeId) -> Parsed<NodeId> {
        let values = self.expressions_until(b'E')?;
        self.graph.two(Two::Initializer, of, values)
    }

    /// `nw <expression>* _ <type> (E | pi <expression>* E | il <braced-expression>* E)`, after its code.
    fn new_expression(&mut self) -> Parsed<NodeId> {
        let mut placement = self.expressions_until(b'_')?;
        if matches!(self.graph.node(placement), Node::Many(_, list) if list.len == 0) {
            placement = NodeId::NONE;
        }
        let of = self.type_name()?;
        let initializer = if self.cursor.eat(b'E') {
            NodeId::NONE
        } else if self.cursor.eat_word("pi") {
            self.expressions_until(b'E')?
        } else if self.cursor.eat_word("il") {
            self.initializer(NodeId::NONE)?
        } else {
            return Err(Refused);
        };
        self.graph.three(Three::New, placement, of, initializer)
    }

    /// `fp <CV-qualifiers> [<number>] _`, after `fp`. Qualifiers are not shown.
    fn function_parameter(&mut self) -> Parsed<NodeId> {
        self.qualifier_words()?;
        let index = self.index()?;
        self.graph.add(Node::FunctionParam(index + 1))
    }

    /// `u <source-name> <template-arg>* E`, after its letter.
    fn vendor_expression(&mut self) -> Parsed<NodeId> {
        let text = self.source_text()?;
        let name = self.graph.add(Node::Name(text))?;
        let operand = match (text, self.cursor.peek()) {
            // The only one that takes a type or an expression and has no end.
            ("__uuidof", b't') => {
                self.cursor.skip(1);
                Some(self.type_name()?)
            }
            ("__uuidof", b'z') => {
                self.cursor.skip(1);
                Some(self.expression()?)
            }
            _ => None,
        };
        let args = match operand {
            Some(operand) => self.graph.add_list(&[operand])?,
            None => self.arguments_until_end()?,
        };
        let args = self.graph.many(Many::Expressions, args)?;
        let call = self.graph.add(Node::Operator(Operator::of(*b"cl").ok_or(Refused)?))?;
        self.graph.three(Three::Binary, call, name, args)
    }

    fn optional_number(&mut self) -> Parsed<i32> {
        if matches!(self.cursor.peek(), b'n' | b'0'..=b'9') { self.number() } else { Ok(0) }
    }

    /// `so <type> <expr> [<offset>] (_ [<number>])* [p] E`, after its code.
    fn subobject(&mut self) -> Parsed<NodeId> {
        let of = self.type_name()?;
        let expression = self.expression()?;
        let offset = self.optional_number()?;
        // Which member of a union, and whether it is past the end, is not shown.
        while self.cursor.eat(b'_') {
            self.optional_number()?;
        }
        self.cursor.eat(b'p');
        self.cursor.expect(b'E')?;
        self.graph.add(Node::Subobject { of, expression, offset })
    }

    /// A name whose meaning depends on template parameters.
    ///
    /// `<unresolved-name> ::= [gs] <base-unresolved-name> | sr <unresolved-type> <base-unresolved-name>`
    /// `| srN <unresolved-type> <level>+ E <base-unresolved-name> | [gs] sr <level>+ E <base-unresolved-name>`
    fn unresolved_name(&mut self) -> Parsed<NodeId> {
        if self.cursor.eat_word("gs") {
            let operator = self.graph.add(Node::Operator(Operator::of(*b"gs").ok_or(Refused)?))?;
            self.graph.limit.enter()?;
            let name = self.unresolved_name()?;
            self.graph.limit.leave();
            return self.graph.two(Two::Prefix, operator, name);
        }
        if !self.cursor.eat_word("sr") {
            return self.base_unresolved_name();
        }
        if matches!(self.cursor.peek(), b'T' | b'D' | b'S') {
            let scope = self.type_name()?;
            let name = self.base_unresolved_name()?;
            let name = self.graph.two(Two::Qualified, scope, name)?;
            if self.cursor.peek() == b'I' {
                let name = self.with_arguments(name)?;
                self.substitutions.push(name);
                return Ok(name);
            }
            return Ok(name);
        }
        let mut scope = NodeId::NONE;
        if self.cursor.eat(b'N') {
            scope = self.type_name()?;
        }
        while !self.cursor.eat(b'E') {
            if scope.is_some() && !self.cursor.peek().is_ascii_digit() {
                // gcc leaves out the end: the last level was the name.
                let Node::Two(Two::Qualified, outer, _) = self.graph.node(scope) else { return Err(Refused) };
                if let Node::Template { name, .. } = self.graph.node(outer) {
                    self.substitutions.push(name);
                }
                self.substitutions.push(outer);
                return Ok(scope);
            }
            let mut level = self.source_name()?;
            if self.cursor.peek() == b'I' {
                self.substitutions.push(level);
                level = self.with_arguments(level)?;
            }
            scope = if scope.is_some() { self.graph.two(Two::Qualified, scope, level)? } else { level };
        }
        if !scope.is_some() {
            return Err(Refused);
        }
        let name = self.base_unresolved_name()?;
        self.graph.two(Two::Qualified, scope, name)
    }

    /// `<base-unresolved-name> ::= <source-name> | on <operator-name> | dn <destructor-name>`, and template
    /// arguments. gcc leaves out `on`.
    fn base_unresolved_name(&mut self) -> Parsed<NodeId> {
        let name = if self.cursor.eat_word("dn") {
            let class =
                if self.cursor.peek().is_ascii_digit() { self.source_name()? } else { self.type_name()? };
            self.graph.one(One::Destructor, class)?
        } else if self.cursor.peek().is_ascii_digit() {
            self.source_name()?
        } else {
            self.cursor.eat_word("on");
            self.operator_name(true)?
        };
        self.with_arguments(name)
    }

    /// `rQ <bare-function-type> _ <requirement>+ E | rq <requirement>+ E`, after its code.
    fn requires(&mut self, has_params: bool) -> Parsed<NodeId> {
        let mark = self.graph.open_list();
        if has_params {
            while !self.cursor.eat(b'_') {
                let of = self.type_name()?;
                self.graph.push(of);
            }
        }
        let params = self.graph.close_list(mark);
        let mark = self.graph.open_list();
        while !self.cursor.eat(b'E') {
            let requirement = match self.cursor.next()? {
                b'X' => {
                    let expression = self.expression()?;
                    let noexcept = self.cursor.eat(b'N');
                    let kind = if self.cursor.eat(b'R') { self.name()?.name } else { NodeId::NONE };
                    self.graph.add(Node::ExpressionRequirement { expression, noexcept, kind })?
                }
                b'T' => self.of_type(One::TypeRequirement)?,
                b'Q' => {
                    let expression = self.expression()?;
                    self.graph.one(One::NestedRequirement, expression)?
                }
                _ => return Err(Refused),
            };
            self.graph.push(requirement);
        }
        let requirements = self.graph.close_list(mark);
        self.graph.add(Node::Requires { params, requirements })
    }

    /// `<expr-primary> ::= L <type> [n] <value> E | L _Z <encoding> E | L <string type> E | L <lambda> E`
    pub(super) fn primary(&mut self) -> Parsed<NodeId> {
        self.cursor.expect(b'L')?;
        // Old versions of gcc leave out the underscore.
        if self.cursor.eat_word("_Z") || self.cursor.eat(b'Z') {
            let symbol = self.encoding(Signature::Full)?;
            self.cursor.expect(b'E')?;
            return Ok(symbol);
        }
        let of = self.type_name()?;
        let negative = self.cursor.eat(b'n');
        if self.cursor.peek() == b'E' {
            let base = match self.graph.node(of) {
                Node::Qualified { base, .. } => base,
                _ => of,
            };
            let kind = match (self.graph.node(of), self.graph.node(base)) {
                (Node::Builtin(builtin), _) if builtin.literal == LiteralStyle::Null => None,
                (Node::Closure { .. }, _) => Some(One::LambdaValue),
                (_, Node::Two(Two::Array, ..)) => Some(One::StringLiteral),
                _ => return Err(Refused),
            };
            if let Some(kind) = kind {
                self.cursor.skip(1);
                return self.graph.one(kind, of);
            }
        }
        let value = self.cursor.take_while(|byte| byte != b'E');
        self.cursor.expect(b'E')?;
        self.graph.add(Node::Literal { of, value, negative })
    }
}
