//! A parsed part of a pattern together with what Go's limits need to know about it.
//!
//! Go measures its own syntax tree, so a piece keeps the measures that tree would have and composes them
//! by the same rules, while the expression itself is built directly in the form that the engine takes.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, Look, Repetition};

/// Largest height of a pattern: Go's `maxHeight`.
pub(crate) const MAXIMUM_HEIGHT: u32 = 1000;
/// Largest number of instructions: Go's `maxSize`, 128 MiB in instructions of 40 bytes.
pub(crate) const MAXIMUM_SIZE: u64 = (128 << 20) / 40;
/// Largest count, and largest product of nested counts.
pub(crate) const MAXIMUM_REPEAT: u64 = 1000;

/// An expression and its measures.
#[derive(Debug)]
pub(crate) struct Piece {
    hir: Hir,
    shape: Shape,
    /// Levels of nested operators, counting this one.
    pub(crate) height: u32,
    /// Instructions in Go's program.
    pub(crate) size: u64,
    /// The largest product of counts along any path to a leaf.
    pub(crate) repeat_product: u64,
}

/// What kind of node Go's tree would have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Characters in a row, which merge with a neighbour of equal case sensitivity.
    Literal {
        fold: bool,
    },
    /// A set of characters.
    Class,
    Concatenation,
    Alternation,
    Other,
}

/// How often a repeated piece may match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) minimum: u32,
    /// Absent when there is no upper bound.
    pub(crate) maximum: Option<u32>,
    /// Written as `{n,m}` rather than as `*`, `+` or `?`. Only such counts are limited.
    pub(crate) counted: bool,
}

impl Piece {
    fn leaf(hir: Hir, shape: Shape) -> Piece {
        Piece { hir, shape, height: 1, size: 1, repeat_product: 1 }
    }

    /// A piece that matches the empty string.
    pub(crate) fn empty() -> Piece {
        Piece::leaf(Hir::empty(), Shape::Other)
    }

    /// An assertion about the place between two characters.
    pub(crate) fn look(look: Look) -> Piece {
        Piece::leaf(Hir::look(look), Shape::Other)
    }

    /// One character; `variants` holds all the characters it stands for.
    pub(crate) fn literal(variants: ClassUnicode, fold: bool) -> Piece {
        Piece::leaf(Hir::class(Class::Unicode(variants)), Shape::Literal { fold })
    }

    /// A set of characters.
    pub(crate) fn class(class: ClassUnicode) -> Piece {
        Piece::leaf(Hir::class(Class::Unicode(class)), Shape::Class)
    }

    /// `self` in a capturing group. Names are kept elsewhere: Go allows to repeat them, the engine does not.
    pub(crate) fn captured(self, index: u32) -> Piece {
        Piece {
            height: self.height + 1,
            size: self.size + 2,
            repeat_product: self.repeat_product,
            shape: Shape::Other,
            hir: Hir::capture(Capture { index, name: None, sub: Box::new(self.hir) }),
        }
    }

    /// `self` repeated.
    pub(crate) fn repeated(self, count: Count, greedy: bool) -> Piece {
        let Count { minimum, maximum, counted } = count;
        let size = match (u64::from(minimum), maximum.map(u64::from)) {
            (0, None) => self.size + 2,
            (_, None) if !counted => self.size + 1,
            (minimum, None) => minimum * self.size + 1,
            (_, Some(_)) if !counted => self.size + 1,
            (minimum, Some(maximum)) => maximum * self.size + (maximum - minimum),
        };
        let repeat_product = match maximum.unwrap_or(minimum) {
            _ if !counted => self.repeat_product,
            0 if maximum.is_some() => 1,
            times => self.repeat_product.saturating_mul(u64::from(times.max(1))),
        };
        Piece {
            height: self.height + 1,
            size: size.max(1),
            repeat_product,
            shape: Shape::Other,
            hir: Hir::repetition(Repetition { min: minimum, max: maximum, greedy, sub: Box::new(self.hir) }),
        }
    }

    /// The pieces one after the other.
    pub(crate) fn concatenation(pieces: Vec<Piece>) -> Piece {
        join(pieces, Shape::Concatenation)
    }

    /// Any one of the pieces, the earlier ones preferred.
    pub(crate) fn alternation(pieces: Vec<Piece>) -> Piece {
        join(pieces, Shape::Alternation)
    }

    /// The finished expression.
    pub(crate) fn into_hir(self) -> Hir {
        self.hir
    }

    /// A class, or a literal of one character.
    fn is_one_character(&self) -> bool {
        self.shape == Shape::Class || (matches!(self.shape, Shape::Literal { .. }) && self.size == 1)
    }

    /// The merged measures of two neighbours, if Go's tree would hold them in one node.
    fn merged_with(&self, next: &Piece, operator: Shape) -> Option<(Shape, u64)> {
        match (operator, self.shape, next.shape) {
            (Shape::Concatenation, Shape::Literal { fold }, Shape::Literal { fold: other })
                if fold == other =>
            {
                Some((self.shape, self.size + next.size))
            }
            (Shape::Alternation, ..) if self.is_one_character() && next.is_one_character() => {
                Some((Shape::Class, 1))
            }
            _ => None,
        }
    }
}

/// Applies an operator to any number of pieces. Operands that are the same operator become part of it.
fn join(pieces: Vec<Piece>, operator: Shape) -> Piece {
    let mut parts: Vec<Hir> = Vec::with_capacity(pieces.len());
    let mut nodes = 0u64;
    let mut whole = Piece { hir: Hir::empty(), shape: operator, height: 1, size: 0, repeat_product: 1 };
    let mut last: Option<Piece> = None;
    let mut add = |piece: Piece| {
        nodes += 1;
        let inner_height = if piece.shape == operator { piece.height } else { piece.height + 1 };
        whole.height = whole.height.max(inner_height);
        whole.size = whole.size.saturating_add(piece.size);
        whole.repeat_product = whole.repeat_product.max(piece.repeat_product);
        whole.shape = if nodes == 1 { piece.shape } else { operator };
    };
    for mut piece in pieces {
        parts.push(std::mem::replace(&mut piece.hir, Hir::empty()));
        if let Some(previous) = &mut last {
            if let Some((shape, size)) = previous.merged_with(&piece, operator) {
                previous.shape = shape;
                previous.size = size;
                continue;
            }
            add(std::mem::replace(previous, piece));
        } else {
            last = Some(piece);
        }
    }
    if let Some(piece) = last {
        add(piece);
    }
    match operator {
        Shape::Alternation => {
            whole.size = whole.size.saturating_add(nodes.saturating_sub(1));
            whole.hir = Hir::alternation(parts);
        }
        _ => whole.hir = Hir::concat(parts),
    }
    if nodes == 1 && whole.shape != operator {
        // A lone operand stands for itself and adds no level.
        whole.height -= 1;
    }
    whole.size = whole.size.max(1);
    whole
}
