//! Writing expressions.

use super::builtin::is_int;
use super::node::{List, LiteralStyle, Node, NodeId, One, Three, Two};
use super::print::Printer;
use crate::limit::Parsed;

impl<'a> Printer<'_, 'a> {
    /// Writes an operand, in parentheses unless it is a plain name.
    pub(super) fn print_operand(&mut self, id: NodeId) -> Parsed<()> {
        match self.graph.node(id) {
            Node::Name(_) | Node::FunctionParam(_) | Node::Two(Two::Initializer | Two::Qualified, ..) => {
                self.print_apart(id)
            }
            _ => self.print_in_parentheses(id),
        }
    }

    /// Writes an operator as it stands in an expression.
    fn print_operator(&mut self, id: NodeId) -> Parsed<()> {
        match self.graph.node(id) {
            Node::Operator(operator) => {
                self.write(operator.text);
                Ok(())
            }
            Node::VendorOperator(name) => {
                self.write(name);
                Ok(())
            }
            Node::One(One::Cast, to) => self.print_in_parentheses(to),
            _ => self.print_apart(id),
        }
    }

    /// The text of an operator.
    fn operator_text(&self, id: NodeId) -> &'a str {
        match self.graph.node(id) {
            Node::Operator(operator) => operator.text,
            Node::VendorOperator(name) => name,
            _ => "",
        }
    }

    /// Writes an operator and its operand.
    pub(super) fn print_unary(&mut self, kind: Two, operator: NodeId, operand: NodeId) -> Parsed<()> {
        let text = self.operator_text(operator);
        let operand = match self.graph.node(operand) {
            // The address of a function needs no parameters.
            Node::Two(Two::Typed, name, of) if text == "&" && self.is_function(of) => name,
            _ => operand,
        };
        if kind == Two::Postfix {
            self.print_operand(operand)?;
            return self.print_operator(operator);
        }
        self.print_operator(operator)?;
        if kind == Two::OfType {
            self.print_in_parentheses(operand)
        } else if text == "::" {
            self.print_apart(operand)
        } else {
            self.print_operand(operand)
        }
    }

    fn is_function(&self, id: NodeId) -> bool {
        matches!(self.graph.node(id), Node::Function { .. })
    }

    /// Writes an expression with two or three operands.
    pub(super) fn print_three(
        &mut self,
        kind: Three,
        first: NodeId,
        second: NodeId,
        third: NodeId,
    ) -> Parsed<()> {
        match kind {
            Three::Binary => self.print_binary(first, second, third),
            Three::Conditional => {
                self.print_operand(first)?;
                self.write("?");
                self.print_operand(second)?;
                self.write(" : ");
                self.print_operand(third)
            }
            Three::RangeInitializer => {
                self.write("[");
                self.print_apart(first)?;
                self.write(" ... ");
                self.print_apart(second)?;
                self.write("]");
                self.print_initial_value(third)
            }
            Three::New => {
                self.write("new ");
                if first.is_some() {
                    self.print_operand(first)?;
                    self.write(" ");
                }
                self.print_apart(second)?;
                if third.is_some() { self.print_operand(third) } else { Ok(()) }
            }
            Three::LeftFold | Three::RightFold => {
                self.write("(");
                if third.is_some() {
                    self.print_operand(second)?;
                    self.print_operator(first)?;
                    self.write("...");
                    self.print_operator(first)?;
                    self.print_operand(third)?;
                } else if kind == Three::LeftFold {
                    self.write("...");
                    self.print_operator(first)?;
                    self.print_operand(second)?;
                } else {
                    self.print_operand(second)?;
                    self.print_operator(first)?;
                    self.write("...");
                }
                self.write(")");
                Ok(())
            }
        }
    }

    fn print_binary(&mut self, operator: NodeId, left: NodeId, right: NodeId) -> Parsed<()> {
        let text = self.operator_text(operator);
        if matches!(self.graph.node(operator), Node::Operator(operator) if operator.is_cast()) {
            self.write(text);
            self.write("<");
            self.print_apart(left)?;
            self.write(">");
            return self.print_in_parentheses(right);
        }
        if self.is_initialized_member(operator, left) {
            self.write(if text == "=" { "." } else { "[" });
            self.print_apart(left)?;
            self.write(if text == "=" { "" } else { "]" });
            return self.print_initial_value(right);
        }
        match text {
            "()" => {
                // The parameters of the function that is called are left out, unless they are what tells
                // which function of a template it is.
                match self.graph.node(left) {
                    Node::Two(Two::Typed, name, of) => match self.graph.node(of) {
                        Node::Function { returns, .. } if returns.is_some() => self.print_apart(left)?,
                        _ => self.print_operand(name)?,
                    },
                    _ => self.print_operand(left)?,
                }
                self.print_operand(right)
            }
            "[]" => {
                self.print_operand(left)?;
                self.write("[");
                self.print_apart(right)?;
                self.write("]");
                Ok(())
            }
            _ => {
                // It could be taken for the end of template arguments.
                let needs_parentheses = matches!(text, ">" | ">>");
                self.write(if needs_parentheses { "(" } else { "" });
                self.print_operand(left)?;
                self.print_operator(operator)?;
                self.print_operand(right)?;
                self.write(if needs_parentheses { ")" } else { "" });
                Ok(())
            }
        }
    }

    /// Whether this initializes a member or an element: `.a=1`, `[2]=3`.
    fn is_initialized_member(&self, operator: NodeId, left: NodeId) -> bool {
        match self.operator_text(operator) {
            "]=" => true,
            "=" => !matches!(self.graph.node(left), Node::Literal { .. }),
            _ => false,
        }
    }

    /// Writes what a member or element is initialized with, which may itself be a member or element.
    fn print_initial_value(&mut self, value: NodeId) -> Parsed<()> {
        let is_member = match self.graph.node(value) {
            Node::Three(Three::Binary, operator, left, _) => self.is_initialized_member(operator, left),
            Node::Three(Three::RangeInitializer, ..) => true,
            _ => false,
        };
        if is_member {
            return self.print_apart(value);
        }
        self.write("=");
        self.print_operand(value)
    }

    pub(super) fn print_fixed(&mut self, base: NodeId, accumulator: bool, saturated: bool) -> Parsed<()> {
        self.write(if saturated { "_Sat " } else { "" });
        let is_int = matches!(self.graph.node(base), Node::Builtin(builtin) if is_int(builtin));
        if !is_int {
            self.print_apart(base)?;
            self.write(" ");
        }
        self.write(if accumulator { "_Accum" } else { "_Fract" });
        Ok(())
    }

    pub(super) fn print_literal(&mut self, of: NodeId, value: &str, negative: bool) -> Parsed<()> {
        let style = match self.graph.node(of) {
            Node::Builtin(builtin) => builtin.literal,
            _ => LiteralStyle::Cast,
        };
        let sign = if negative { "-" } else { "" };
        let (open, close) = match (style, value) {
            (LiteralStyle::Suffix(suffix), _) => {
                self.write(sign);
                self.write(value);
                self.write(suffix);
                return Ok(());
            }
            (LiteralStyle::Bool, "0" | "1") if !negative => {
                self.write(if value == "0" { "false" } else { "true" });
                return Ok(());
            }
            (LiteralStyle::Null, "" | "0") => return self.print_apart(of),
            (LiteralStyle::Float, _) => ("[", "]"),
            _ => ("", ""),
        };
        self.print_in_parentheses(of)?;
        self.write(open);
        self.write(sign);
        self.write(value);
        self.write(close);
        Ok(())
    }

    pub(super) fn print_requires(&mut self, requires: NodeId) -> Parsed<()> {
        if requires.is_some() {
            self.write(" requires ");
            self.print_apart(requires)?;
        }
        Ok(())
    }

    pub(super) fn print_requires_expression(&mut self, params: List, requirements: List) -> Parsed<()> {
        self.write("requires");
        if params.len > 0 {
            self.write(" (");
            self.print_list(params)?;
            self.write(")");
        }
        self.write(" {");
        for index in 0..requirements.len {
            self.print_apart(self.graph.item(requirements, index))?;
        }
        self.write(" }");
        Ok(())
    }
}
