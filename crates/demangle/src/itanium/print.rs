//! Writing a name.

use super::graph::Graph;
use super::node::{List, Many, Node, NodeId, One, Two, Word};
use crate::Mode;
use crate::limit::{LONGEST, Parsed, Refused};

/// Writes names.
#[derive(Debug)]
pub(super) struct Printer<'g, 'a> {
    pub(super) graph: &'g mut Graph<'a>,
    pub(super) mode: Mode,
    out: String,
    /// The types and names around what is being written.
    pub(super) pile: Vec<NodeId>,
    /// Where that part of the pile begins that belongs to the type at hand.
    pub(super) floor: usize,
}

impl<'g, 'a> Printer<'g, 'a> {
    /// The text of a name.
    pub(super) fn text(graph: &'g mut Graph<'a>, name: NodeId, mode: Mode) -> Parsed<String> {
        let mut printer = Printer { graph, mode, out: String::with_capacity(64), pile: Vec::new(), floor: 0 };
        printer.print(name)?;
        Ok(printer.out)
    }

    /// Writes text.
    pub(super) fn write(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes a number.
    pub(super) fn write_number(&mut self, number: u32) {
        use std::fmt::Write as _;
        let result = write!(self.out, "{number}");
        debug_assert!(result.is_ok(), "a string takes all text");
    }

    /// Whether this was written last.
    pub(super) fn ends_with(&self, byte: u8) -> bool {
        self.out.as_bytes().last() == Some(&byte)
    }

    /// Writes a node on its own, whatever stands around it.
    pub(super) fn print_apart(&mut self, id: NodeId) -> Parsed<()> {
        let floor = std::mem::replace(&mut self.floor, self.pile.len());
        let result = self.print(id);
        self.pile.truncate(self.floor);
        self.floor = floor;
        result
    }

    /// Writes a node in parentheses.
    pub(super) fn print_in_parentheses(&mut self, id: NodeId) -> Parsed<()> {
        self.write("(");
        self.print_apart(id)?;
        self.write(")");
        Ok(())
    }

    /// Writes nodes with commas between them, without those that are empty.
    pub(super) fn print_list(&mut self, list: List) -> Parsed<()> {
        self.graph.limit.steps(list.len as usize)?;
        let mut is_first = true;
        for index in 0..list.len {
            let id = self.graph.item(list, index);
            if self.graph.is_empty(id)? {
                continue;
            }
            if !is_first {
                self.write(", ");
            }
            is_first = false;
            self.print_apart(id)?;
        }
        Ok(())
    }

    /// Writes a node, with the pile around it.
    pub(super) fn print(&mut self, id: NodeId) -> Parsed<()> {
        self.graph.limit.enter()?;
        if self.out.len() > LONGEST {
            return Err(Refused);
        }
        match self.graph.node(id) {
            Node::Nothing => {}
            Node::Name(text) => self.write(text),
            Node::Builtin(builtin) => self.write(builtin.name),
            Node::Number(number) => self.write_number(number),
            Node::Operator(operator) => {
                self.write("operator");
                if operator.text.starts_with(|letter: char| letter.is_ascii_lowercase()) {
                    self.write(" ");
                }
                self.write(operator.text.trim_end_matches(' '));
            }
            Node::VendorOperator(name) => {
                self.write("operator ");
                self.write(name);
            }
            // Only those are left that could not be resolved.
            Node::Param { index, scope } => match self.graph.argument(index, scope) {
                Some(argument) => self.print(argument)?,
                None => return Err(Refused),
            },
            Node::Auto(index) => {
                self.write("auto:");
                self.write_number(index + 1);
            }
            Node::FunctionParam(0) => self.write("this"),
            Node::FunctionParam(index) => {
                self.write("{parm#");
                self.write_number(index);
                self.write("}");
            }
            Node::Unnamed(number) => {
                self.write("{unnamed type#");
                self.write_number(number + 1);
                self.write("}");
            }
            Node::Invented { prefix, index } => {
                self.write(prefix);
                if let Some(number) = index.checked_sub(1) {
                    self.write_number(number);
                }
            }
            Node::BinaryFloat(bits) => {
                self.write("_Float");
                self.write_number(bits);
            }
            Node::BitInt { size, signed } => {
                self.write(if signed { "_BitInt" } else { "unsigned _BitInt" });
                self.print_in_parentheses(size)?;
            }
            Node::Fixed { base, accumulator, saturated } => self.print_fixed(base, accumulator, saturated)?,
            Node::One(kind, child) => self.print_one(id, kind, child)?,
            Node::Two(kind, first, second) => self.print_two(id, kind, first, second)?,
            Node::Three(kind, first, second, third) => self.print_three(kind, first, second, third)?,
            Node::Many(Many::Pack | Many::Expressions, list) => self.print_list(list)?,
            Node::Many(Many::SizeofArguments, list) => {
                self.graph.limit.steps(list.len as usize)?;
                let mut count = 0;
                for &id in self.graph.list(list) {
                    count += match self.graph.node(id) {
                        Node::Many(Many::Pack | Many::Expressions, inner) => inner.len,
                        _ => 1,
                    };
                }
                self.write_number(count);
            }
            Node::Many(Many::Bindings, list) => {
                self.write("[");
                self.print_list(list)?;
                self.write("]");
            }
            Node::Many(Many::Joined, list) => {
                for index in 0..list.len {
                    self.print(self.graph.item(list, index))?;
                }
            }
            Node::Template { name, args } => {
                self.print_apart(name)?;
                if self.mode != Mode::Default {
                    // `operator<` and `operator<<` would run into the bracket.
                    self.write(if self.ends_with(b'<') { " <" } else { "<" });
                    self.print_list(args)?;
                    self.write(if self.ends_with(b'>') { " >" } else { ">" });
                }
            }
            Node::Function { returns, local, .. } => {
                if returns.is_some() && !local {
                    self.pile.push(id);
                    self.print(returns)?;
                    if !self.has_pile() {
                        // What is returned wrote the function too.
                        self.graph.limit.leave();
                        return Ok(());
                    }
                    self.pile.pop();
                    self.write(" ");
                }
                self.print_parameters(id)?;
            }
            Node::Qualifier(word, operands) => {
                self.write(match word {
                    Word::Const => "const",
                    Word::Volatile => "volatile",
                    Word::Restrict => "restrict",
                    Word::TransactionSafe => "transaction_safe",
                    Word::Noexcept => "noexcept",
                    Word::Throw => "throw",
                });
                if operands.len > 0 {
                    self.write("(");
                    self.print_list(operands)?;
                    self.write(")");
                }
            }
            Node::Qualified { base, .. } | Node::Method { base, .. } => self.print_around(id, base)?,
            Node::Literal { of, value, negative } => self.print_literal(of, value, negative)?,
            Node::Subobject { of, expression, offset } => {
                self.print_apart(expression)?;
                self.write(".<");
                self.print_apart(of)?;
                self.write(" at offset ");
                self.write(&offset.to_string());
                self.write(">");
            }
            Node::Closure { signature, number } => {
                self.write("{lambda");
                self.print_apart(signature)?;
                self.write("#");
                self.write_number(number + 1);
                self.write("}");
            }
            Node::Signature { head, params, requires } => {
                self.print(head)?;
                self.write("(");
                self.print_list(params)?;
                self.write(")");
                self.print_requires(requires)?;
            }
            Node::ParamList { params, requires } => {
                if params.len > 0 {
                    self.write("<");
                    self.print_list(params)?;
                    self.write(">");
                }
                if requires.is_some() {
                    self.print_requires(requires)?;
                    self.write(" ");
                }
            }
            Node::TemplateParam { name, params, requires } => {
                self.write("template<");
                self.print_list(params)?;
                self.write("> typename ");
                self.print(name)?;
                self.print_requires(requires)?;
            }
            Node::DefaultArgument { number, name } => {
                self.write("{default arg#");
                self.write_number(number + 1);
                self.write("}::");
                self.print(name)?;
            }
            Node::EnableIf { of, conditions } => {
                self.print(of)?;
                self.write(" [enable_if:");
                self.print_list(conditions)?;
                self.write("]");
            }
            Node::Requires { params, requirements } => {
                self.print_requires_expression(params, requirements)?;
            }
            Node::ExpressionRequirement { expression, noexcept, kind } => {
                let has_braces = noexcept || kind.is_some();
                self.write(if has_braces { " {" } else { " " });
                self.print_apart(expression)?;
                self.write(if has_braces { "}" } else { "" });
                self.write(if noexcept { " noexcept" } else { "" });
                if kind.is_some() {
                    self.write(" -> ");
                    self.print_apart(kind)?;
                }
                self.write(";");
            }
        }
        self.graph.limit.leave();
        Ok(())
    }

    fn print_one(&mut self, id: NodeId, kind: One, child: NodeId) -> Parsed<()> {
        match kind {
            One::Pointer
            | One::LeftReference
            | One::RightReference
            | One::Complex
            | One::Imaginary
            | One::ConstrainedAuto
            | One::ConstrainedDecltypeAuto => self.print_around(id, child),
            One::Decltype => {
                self.write("decltype ");
                self.print_in_parentheses(child)
            }
            One::Elaborated(word) | One::Special(word) => {
                self.write(word);
                self.print(child)
            }
            One::Constructor => self.print(child),
            One::Destructor => {
                self.write("~");
                self.print(child)
            }
            One::Cast => {
                self.write("operator ");
                self.print_apart(child)
            }
            One::TypeParam => {
                self.write("typename ");
                self.print_pile()?;
                self.print(child)
            }
            One::ParamPack => {
                let floor = std::mem::replace(&mut self.floor, self.pile.len());
                self.pile.push(id);
                match self.graph.node(child) {
                    Node::Two(Two::ValueParam, _, of) => self.print(of)?,
                    _ => self.print(child)?,
                }
                if self.has_pile() {
                    self.write("...");
                }
                self.pile.truncate(self.floor);
                self.floor = floor;
                Ok(())
            }
            One::Expansion => {
                self.print_operand(child)?;
                self.write("...");
                Ok(())
            }
            One::SizeofPack => {
                self.write("sizeof...");
                self.print_in_parentheses(child)
            }
            One::Nullary => {
                match self.graph.node(child) {
                    Node::Operator(operator) => self.write(operator.text),
                    Node::VendorOperator(name) => self.write(name),
                    _ => {}
                }
                Ok(())
            }
            One::StringLiteral => {
                self.write("\"<");
                self.print_apart(child)?;
                self.write(">\"");
                Ok(())
            }
            One::LambdaValue => {
                self.write("[]");
                if let Node::Closure { signature, .. } = self.graph.node(child) {
                    self.print_apart(signature)?;
                }
                self.write("{...}");
                Ok(())
            }
            One::Friend => {
                self.write("friend ");
                self.print(child)
            }
            One::ExplicitObject => {
                self.write("this ");
                self.print(child)
            }
            One::TypeRequirement => {
                self.write(" typename ");
                self.print(child)?;
                self.write(";");
                Ok(())
            }
            One::NestedRequirement => {
                self.write(" requires ");
                self.print(child)?;
                self.write(";");
                Ok(())
            }
        }
    }

    fn print_two(&mut self, id: NodeId, kind: Two, first: NodeId, second: NodeId) -> Parsed<()> {
        match kind {
            Two::Typed => {
                let floor = std::mem::replace(&mut self.floor, self.pile.len());
                self.pile.push(id);
                self.print(second)?;
                if self.has_pile() {
                    self.pile.pop();
                    self.write(" ");
                    self.print(first)?;
                }
                self.pile.truncate(self.floor);
                self.floor = floor;
                Ok(())
            }
            Two::Qualified | Two::Local => {
                self.print_apart(first)?;
                self.write("::");
                self.print_apart(second)
            }
            Two::Array | Two::MemberPointer | Two::Vector | Two::VendorQualified => {
                self.print_around(id, second)
            }
            Two::ValueParam | Two::ConstrainedParam => {
                self.pile.push(id);
                self.print(second)?;
                if self.has_pile() {
                    self.pile.pop();
                    self.write(" ");
                    self.print(first)?;
                }
                Ok(())
            }
            Two::Transformed => {
                self.print(first)?;
                self.print_in_parentheses(second)
            }
            Two::Tagged => {
                self.print_apart(first)?;
                self.write("[abi:");
                self.print(second)?;
                self.write("]");
                Ok(())
            }
            Two::InheritingConstructor => self.print(first),
            Two::Prefix | Two::Postfix | Two::OfType => self.print_unary(kind, first, second),
            Two::MemberPointerCast => {
                self.print_in_parentheses(first)?;
                self.print_in_parentheses(second)
            }
            Two::Initializer => {
                self.print_apart(first)?;
                self.write("{");
                self.print_apart(second)?;
                self.write("}");
                Ok(())
            }
            Two::InModule => {
                self.print(first)?;
                self.write("@");
                self.print(second)
            }
            Two::ModulePart | Two::ModulePartition => {
                self.print(first)?;
                if kind == Two::ModulePartition {
                    self.write(":");
                } else if first.is_some() {
                    self.write(".");
                }
                self.print(second)
            }
            Two::Constraint => {
                self.print(first)?;
                self.print_requires(second)
            }
            Two::ConstructionVtable => {
                self.write("construction vtable for ");
                self.print(first)?;
                self.write("-in-");
                self.print(second)
            }
            Two::Clone => {
                self.print(first)?;
                self.write(" [clone ");
                self.print(second)?;
                self.write("]");
                Ok(())
            }
        }
    }
}
