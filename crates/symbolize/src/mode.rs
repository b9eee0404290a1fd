//! What `-symbolize` asks for, as a value.

/// Where symbols come from, and how names are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// From files on this machine.
    pub local: Option<Local>,
    /// From the server that the profile came from.
    pub remote: bool,
    /// Even when the profile has symbols.
    pub force: bool,
    /// How mangled names are shown.
    pub demangle: Demangle,
}

/// How much is looked up on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// Functions, inlined calls and lines.
    Full,
    /// Functions by symbol tables alone.
    Fast,
}

/// How mangled names are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demangle {
    /// As they are.
    None,
    /// Without parameters and template arguments.
    #[default]
    Default,
    /// With template arguments.
    Templates,
    /// In full.
    Full,
}

/// A part of the option that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecognized;

impl Mode {
    /// Reads the value of the option, parts separated by `:`. `None` for `none`: then names are not touched
    /// either. Parts that mean nothing are counted and have no effect, as in pprof.
    ///
    /// As there, a `demangle=` other than `default` implies `force`.
    pub fn parse(text: &str) -> (Option<Mode>, Result<(), Unrecognized>) {
        let mut mode =
            Mode { local: Some(Local::Full), remote: true, force: false, demangle: Demangle::Default };
        let mut understood = Ok(());
        for part in text.to_ascii_lowercase().split(':') {
            match part {
                "" | "default" | "demangle=default" => {}
                "none" | "no" => return (None, understood),
                "local" => (mode.remote, mode.local) = (false, mode.local.or(Some(Local::Full))),
                "fastlocal" => (mode.remote, mode.local) = (false, Some(Local::Fast)),
                "remote" => (mode.remote, mode.local) = (true, None),
                "force" => mode.force = true,
                // pprof takes the names of the modes alone as well.
                "demangle=full" | "full" => (mode.demangle, mode.force) = (Demangle::Full, true),
                "demangle=templates" | "templates" => {
                    (mode.demangle, mode.force) = (Demangle::Templates, true);
                }
                "demangle=none" => (mode.demangle, mode.force) = (Demangle::None, true),
                _ => understood = Err(Unrecognized),
            }
        }
        (Some(mode), understood)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_understood() {
        let mode =
            |text: &str| Mode::parse(text).0.map(|mode| (mode.local, mode.remote, mode.force, mode.demangle));
        let (full, fast) = (Some(Local::Full), Some(Local::Fast));
        assert_eq!(mode(""), Some((full, true, false, Demangle::Default)));
        assert_eq!(mode("none"), None);
        assert_eq!(mode("force:no"), None);
        assert_eq!(mode("Local"), Some((full, false, false, Demangle::Default)));
        assert_eq!(mode("fastlocal:force"), Some((fast, false, true, Demangle::Default)));
        assert_eq!(mode("fastlocal:local"), Some((fast, false, false, Demangle::Default)));
        assert_eq!(mode("remote"), Some((None, true, false, Demangle::Default)));
        assert_eq!(mode("demangle=full"), Some((full, true, true, Demangle::Full)));
        assert_eq!(mode("demangle=templates:local"), Some((full, false, true, Demangle::Templates)));
        assert_eq!(mode("demangle=none"), Some((full, true, true, Demangle::None)));
        assert_eq!(mode("demangle=default"), Some((full, true, false, Demangle::Default)));
        assert_eq!(Mode::parse("lcoal").1, Err(Unrecognized));
        assert_eq!(Mode::parse("local:force").1, Ok(()));
    }
}
