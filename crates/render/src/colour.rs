//! The colours of drawn graphs.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) red: u8,
    pub(crate) green: u8,
    pub(crate) blue: u8,
}

/// Whether something is drawn in a colour or on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    Fore,
    Back,
}

impl Colour {
    pub(crate) const BLACK: Colour = Colour::grey(0);
    pub(crate) const WHITE: Colour = Colour::grey(255);

    pub(crate) const fn new(red: u8, green: u8, blue: u8) -> Colour {
        Colour { red, green, blue }
    }

    pub(crate) const fn grey(level: u8) -> Colour {
        Colour::new(level, level, level)
    }

    /// The colour of a share of the total, from green (-1) over grey (0) to red (1), with the curve of
    /// pprof: small shares turn grey, and all are pushed away from zero to be told apart.
    pub(crate) fn of(score: f64, ground: Ground) -> Colour {
        let (saturation, value) = match ground {
            Ground::Back => (0.1, 0.93),
            Ground::Fore => (1.0, 0.7),
        };
        let score = if score.is_nan() { score } else { score.clamp(-1.0, 1.0) };
        let saturation = if score.abs() < 0.2 { saturation * score.abs() / 0.2 } else { saturation };
        let pushed = score.abs().powf(0.3);
        let faded = value * (1.0 - saturation * pushed);
        let (red, green) = if score < 0.0 { (faded, value) } else { (value, faded) };
        let byte = |part: f64| (part * 255.0) as u8;
        Colour { red: byte(red), green: byte(green), blue: byte(value * (1.0 - saturation)) }
    }

    /// This colour with a share of `other`, from 0 to 1.
    pub(crate) fn mixed(self, other: Colour, share: f64) -> Colour {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Colour::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}
