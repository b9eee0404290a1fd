//! Operators and their codes.
//!
//! Source: <https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling-operator>, and for `fl` to `fR` the
//! section on expressions.

/// An operator.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operator {
    code: [u8; 2],
    /// As it is written in an expression, with a space behind a word.
    pub(super) text: &'static str,
    /// How an expression continues after the code.
    pub(super) form: Form,
}

/// What follows the code of an operator in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Alone,
    /// One expression.
    Unary,
    /// One expression; `_` before it means that the operator comes first.
    Step,
    /// One type.
    OfType,
    /// Two expressions.
    Binary,
    /// A type and an expression.
    NamedCast,
    /// A function and its arguments.
    Call,
    /// An object and the name of a member.
    Member,
    /// A member's name and its value.
    MemberInitializer,
    /// Three expressions.
    Ternary,
    /// Placement, type, initializer.
    New,
    /// Operator and pack; the ellipsis comes first.
    LeftFold,
    /// Operator and pack; the ellipsis comes last.
    RightFold,
    /// Operator, initial value and pack.
    LeftFoldFrom,
    /// Operator, pack and initial value.
    RightFoldFrom,
}

impl Operator {
    /// The operator of a code.
    pub(super) fn of(code: [u8; 2]) -> Option<&'static Self> {
        let place = OPERATORS.binary_search_by_key(&code, |operator| operator.code).ok()?;
        Some(&OPERATORS[place])
    }

    /// Whether this is `operator""`, which a name follows.
    pub(super) fn is_literal(&self) -> bool {
        self.code == *b"li"
    }

    /// Whether this is one of `static_cast` and its like.
    pub(super) fn is_cast(&self) -> bool {
        self.form == Form::NamedCast
    }
}

const fn operator(code: &[u8; 2], text: &'static str, form: Form) -> Operator {
    Operator { code: *code, text, form }
}

/// Sorted by code.
static OPERATORS: &[Operator] = &[
    operator(b"aN", "&=", Form::Binary),
    operator(b"aS", "=", Form::Binary),
    operator(b"aa", "&&", Form::Binary),
    operator(b"ad", "&", Form::Unary),
    operator(b"an", "&", Form::Binary),
    operator(b"at", "alignof ", Form::OfType),
    operator(b"aw", "co_await ", Form::Unary),
    operator(b"az", "alignof ", Form::Unary),
    operator(b"cc", "const_cast", Form::NamedCast),
    operator(b"cl", "()", Form::Call),
    operator(b"cm", ",", Form::Binary),
    operator(b"co", "~", Form::Unary),
    operator(b"cp", "()", Form::Call),
    operator(b"dV", "/=", Form::Binary),
    operator(b"dX", "[...]=", Form::Ternary),
    operator(b"da", "delete[] ", Form::Unary),
    operator(b"dc", "dynamic_cast", Form::NamedCast),
    operator(b"de", "*", Form::Unary),
    operator(b"di", "=", Form::MemberInitializer),
    operator(b"dl", "delete ", Form::Unary),
    operator(b"ds", ".*", Form::Binary),
    operator(b"dt", ".", Form::Member),
    operator(b"dv", "/", Form::Binary),
    operator(b"dx", "]=", Form::Binary),
    operator(b"eO", "^=", Form::Binary),
    operator(b"eo", "^", Form::Binary),
    operator(b"eq", "==", Form::Binary),
    operator(b"fL", "...", Form::LeftFoldFrom),
    operator(b"fR", "...", Form::RightFoldFrom),
    operator(b"fl", "...", Form::LeftFold),
    operator(b"fr", "...", Form::RightFold),
    operator(b"ge", ">=", Form::Binary),
    operator(b"gs", "::", Form::Unary),
    operator(b"gt", ">", Form::Binary),
    operator(b"ix", "[]", Form::Binary),
    operator(b"lS", "<<=", Form::Binary),
    operator(b"le", "<=", Form::Binary),
    operator(b"li", "operator\"\" ", Form::Unary),
    operator(b"ls", "<<", Form::Binary),
    operator(b"lt", "<", Form::Binary),
    operator(b"mI", "-=", Form::Binary),
    operator(b"mL", "*=", Form::Binary),
    operator(b"mi", "-", Form::Binary),
    operator(b"ml", "*", Form::Binary),
    operator(b"mm", "--", Form::Step),
    operator(b"na", "new[]", Form::New),
    operator(b"ne", "!=", Form::Binary),
    operator(b"ng", "-", Form::Unary),
    operator(b"nt", "!", Form::Unary),
    operator(b"nw", "new", Form::New),
    operator(b"nx", "noexcept", Form::Unary),
    operator(b"oR", "|=", Form::Binary),
    operator(b"oo", "||", Form::Binary),
    operator(b"or", "|", Form::Binary),
    operator(b"pL", "+=", Form::Binary),
    operator(b"pl", "+", Form::Binary),
    operator(b"pm", "->*", Form::Binary),
    operator(b"pp", "++", Form::Step),
    operator(b"ps", "+", Form::Unary),
    operator(b"pt", "->", Form::Member),
    operator(b"qu", "?", Form::Ternary),
    operator(b"rM", "%=", Form::Binary),
    operator(b"rS", ">>=", Form::Binary),
    operator(b"rc", "reinterpret_cast", Form::NamedCast),
    operator(b"rm", "%", Form::Binary),
    operator(b"rs", ">>", Form::Binary),
    operator(b"sc", "static_cast", Form::NamedCast),
    operator(b"ss", "<=>", Form::Binary),
    operator(b"st", "sizeof ", Form::OfType),
    operator(b"sz", "sizeof ", Form::Unary),
    operator(b"te", "typeid ", Form::Unary),
    operator(b"ti", "typeid ", Form::OfType),
    operator(b"tr", "throw", Form::Alone),
    operator(b"tw", "throw ", Form::Unary),
];

#[cfg(test)]
mod tests {
    use super::OPERATORS;

    #[test]
    fn the_table_is_sorted() {
        assert!(OPERATORS.is_sorted_by_key(|operator| operator.code));
    }
}
