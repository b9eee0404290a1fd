//! What a mangled name says, as a graph of small nodes.
//!
//! Nodes refer to others by number, and most are told apart by how many they refer to: that makes it short to
//! walk the graph and to replace parts of it. Substitutions make it a graph and not a tree.

use super::operator::Operator;

/// The number of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) u32);

impl NodeId {
    /// Where there could be a node and is none.
    pub(super) const NONE: Self = Self(0);

    /// Whether there is a node.
    pub(super) fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// Some nodes in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct List {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl List {
    /// No nodes.
    pub(super) const EMPTY: Self = Self { start: 0, len: 0 };
}

/// The number of a template whose parameters a name uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScopeId(pub(super) u32);

impl ScopeId {
    /// The template is only known later: the type of a conversion operator comes before the arguments that its
    /// parameters stand for.
    pub(super) const LATER: Self = Self(0);
}

/// A type that is part of the language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Builtin {
    /// As it is written.
    pub(super) name: &'static str,
    /// How its literals are written.
    pub(super) literal: LiteralStyle,
}

/// How a literal shows its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiteralStyle {
    /// `(char)97`.
    Cast,
    /// `7ul`.
    Suffix(&'static str),
    /// `true`.
    Bool,
    /// `(double)[3ff0000000000000]`.
    Float,
    /// The value of `nullptr`.
    Null,
}

/// `&` or `&&` behind the parameters of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    /// Neither.
    None,
    /// `&`.
    Left,
    /// `&&`.
    Right,
}

/// A word that qualifies a type or a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Const,
    Volatile,
    Restrict,
    TransactionSafe,
    Noexcept,
    Throw,
}

/// A node with one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum One {
    Pointer,
    LeftReference,
    RightReference,
    Complex,
    Imaginary,
    /// `auto` behind the name of a concept.
    ConstrainedAuto,
    /// `decltype(auto)` behind the name of a concept.
    ConstrainedDecltypeAuto,
    /// `decltype (expression)`.
    Decltype,
    /// `struct`, `union` or `enum` and a name.
    Elaborated(&'static str),
    /// The destructor of a class of this name.
    Destructor,
    /// `operator type`; in an expression, a cast to the type.
    Cast,
    /// `typename` and a name, in the template parameters of a lambda.
    TypeParam,
    /// A pack of one of these.
    ParamPack,
    /// What stands for a pack, once for each of its elements.
    Expansion,
    /// `sizeof...` of what stands for a pack.
    SizeofPack,
    /// An operator that stands alone.
    Nullary,
    /// The string literal of an array type.
    StringLiteral,
    /// A lambda as a value.
    LambdaValue,
    Friend,
    /// `this` before the type of the first parameter.
    ExplicitObject,
    /// In a `requires` expression: a type must exist.
    TypeRequirement,
    /// In a `requires` expression: something must be true.
    NestedRequirement,
    /// Some words and then what the symbol belongs to.
    Special(&'static str),
    /// The constructor of a class of this name.
    Constructor,
}

/// A node with two children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Two {
    /// A name and its type, which may be a function's.
    Typed,
    /// Scope and name.
    Qualified,
    /// Function and a name inside it.
    Local,
    /// Dimension and element.
    Array,
    /// Class and member.
    MemberPointer,
    /// Dimension and element.
    Vector,
    /// Qualifier and type.
    VendorQualified,
    /// Name of the transformation and type.
    Transformed,
    /// Name and tag.
    Tagged,
    /// The class and the base class whose constructor is inherited.
    InheritingConstructor,
    /// Operator and operand.
    Prefix,
    /// Operator and operand.
    Postfix,
    /// Operator and type.
    OfType,
    /// Type and expression.
    MemberPointerCast,
    /// Type (or none) and the list of values.
    Initializer,
    /// Name and type.
    ValueParam,
    /// Name and concept.
    ConstrainedParam,
    /// Name and module.
    InModule,
    /// Parent (or none) and name.
    ModulePart,
    /// Parent (or none) and name.
    ModulePartition,
    /// Name and what it requires.
    Constraint,
    /// Base and class of a construction vtable.
    ConstructionVtable,
    /// A clone of a function, with its suffix.
    Clone,
}

/// A node with three children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Three {
    /// Operator, left, right.
    Binary,
    /// Condition, value if true, value if false.
    Conditional,
    /// First and last index, value.
    RangeInitializer,
    /// Placement (or none), type, initializer (or none).
    New,
    /// Operator, operand, initial value (or none); the ellipsis comes first.
    LeftFold,
    /// Operator, operand, initial value (or none); the ellipsis comes last.
    RightFold,
}

/// A node with any number of children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    /// The arguments for a parameter pack.
    Pack,
    /// Expressions, separated by commas.
    Expressions,
    /// The arguments whose number `sizeof...` is.
    SizeofArguments,
    /// The names of a structured binding.
    Bindings,
    /// Pieces of one name.
    Joined,
}

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node<'a> {
    /// Not there.
    Nothing,
    /// Text as it stands in the mangled name.
    Name(&'a str),
    /// A type of the language.
    Builtin(&'static Builtin),
    /// An operator, as the name of a function or in an expression.
    Operator(&'static Operator),
    /// An operator of a compiler's own.
    VendorOperator(&'a str),
    /// A number.
    Number(u32),
    /// A template parameter.
    Param {
        index: u32,
        scope: ScopeId,
    },
    /// A parameter of a lambda that is declared `auto`.
    Auto(u32),
    /// A parameter of the function; 0 is `this`.
    FunctionParam(u32),
    /// A type without a name.
    Unnamed(u32),
    /// An invented name, numbered from the second on.
    Invented {
        prefix: &'static str,
        index: u32,
    },
    /// `_Float` and bits.
    BinaryFloat(u32),
    /// `_BitInt`.
    BitInt {
        size: NodeId,
        signed: bool,
    },
    /// `_Fract` or `_Accum`.
    Fixed {
        base: NodeId,
        accumulator: bool,
        saturated: bool,
    },
    One(One, NodeId),
    Two(Two, NodeId, NodeId),
    Three(Three, NodeId, NodeId, NodeId),
    Many(Many, List),
    /// A template and its arguments.
    Template {
        name: NodeId,
        args: List,
    },
    /// A function's type. A local one encloses a name, and does not show what it returns.
    Function {
        returns: NodeId,
        params: List,
        local: bool,
    },
    /// A word and what stands in parentheses behind it.
    Qualifier(Word, List),
    /// A type and its qualifiers.
    Qualified {
        base: NodeId,
        words: List,
    },
    /// A method, or its type, with its qualifiers.
    Method {
        base: NodeId,
        words: List,
        reference: Reference,
    },
    /// A literal.
    Literal {
        of: NodeId,
        value: &'a str,
        negative: bool,
    },
    /// A part of an object at some offset.
    Subobject {
        of: NodeId,
        expression: NodeId,
        offset: i32,
    },
    /// A lambda, counted in its scope.
    Closure {
        signature: NodeId,
        number: u32,
    },
    /// Template parameters of a lambda (a `ParamList`, or none), the types of its parameters, and what it requires.
    Signature {
        head: NodeId,
        params: List,
        requires: NodeId,
    },
    /// Template parameters, and what they require.
    ParamList {
        params: List,
        requires: NodeId,
    },
    /// A template parameter that is itself a template.
    TemplateParam {
        name: NodeId,
        params: List,
        requires: NodeId,
    },
    /// A default argument of a function, counted from the last, as the scope of a name.
    DefaultArgument {
        number: u32,
        name: NodeId,
    },
    /// A function and the conditions of an `enable_if` attribute.
    EnableIf {
        of: NodeId,
        conditions: List,
    },
    /// `requires (params) { requirements }`.
    Requires {
        params: List,
        requirements: List,
    },
    /// In a `requires` expression: an expression must be valid.
    ExpressionRequirement {
        expression: NodeId,
        noexcept: bool,
        kind: NodeId,
    },
}

/// What a node refers to.
pub(super) enum Part<'n> {
    Child(&'n mut NodeId),
    Children(&'n mut List),
}

impl Node<'_> {
    /// All that it refers to.
    pub(super) fn parts(&mut self) -> impl Iterator<Item = Part<'_>> {
        use Part::{Child, Children};
        let parts = match self {
            Node::Nothing
            | Node::Name(_)
            | Node::Builtin(_)
            | Node::Operator(_)
            | Node::VendorOperator(_)
            | Node::Number(_)
            | Node::Param { .. }
            | Node::Auto(_)
            | Node::FunctionParam(_)
            | Node::Unnamed(_)
            | Node::Invented { .. }
            | Node::BinaryFloat(_) => [None, None, None],
            Node::BitInt { size: id, .. }
            | Node::Fixed { base: id, .. }
            | Node::One(_, id)
            | Node::Literal { of: id, .. }
            | Node::Closure { signature: id, .. }
            | Node::DefaultArgument { name: id, .. } => [Some(Child(id)), None, None],
            Node::Two(_, first, second)
            | Node::Subobject { of: first, expression: second, .. }
            | Node::ExpressionRequirement { expression: first, kind: second, .. } => {
                [Some(Child(first)), Some(Child(second)), None]
            }
            Node::Three(_, first, second, third) => {
                [Some(Child(first)), Some(Child(second)), Some(Child(third))]
            }
            Node::Many(_, items) | Node::Qualifier(_, items) => [Some(Children(items)), None, None],
            Node::Template { name: id, args: items }
            | Node::Function { returns: id, params: items, .. }
            | Node::Qualified { base: id, words: items }
            | Node::Method { base: id, words: items, .. }
            | Node::EnableIf { of: id, conditions: items } => [Some(Child(id)), Some(Children(items)), None],
            Node::Signature { head: first, params, requires: second }
            | Node::TemplateParam { name: first, params, requires: second } => {
                [Some(Child(first)), Some(Children(params)), Some(Child(second))]
            }
            Node::ParamList { params, requires } => [Some(Children(params)), Some(Child(requires)), None],
            Node::Requires { params, requirements } => {
                [Some(Children(params)), Some(Children(requirements)), None]
            }
        };
        parts.into_iter().flatten()
    }
}
