//! Names of addresses of this process, found in its own files. Only with the feature `symbolize`.

/// One place in source code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SourceLine {
    /// The function's name for people.
    pub(crate) name: String,
    /// Its name for the linker.
    pub(crate) system_name: String,
    /// The source file; empty when unknown.
    pub(crate) file: String,
    /// The line in it; 0 when unknown.
    pub(crate) line: u32,
}

#[cfg(feature = "symbolize")]
pub(crate) use resolve::Symbols;

/// There are none without the feature `symbolize`.
#[cfg(not(feature = "symbolize"))]
#[derive(Debug)]
pub(crate) enum Symbols {}

#[cfg(not(feature = "symbolize"))]
impl Symbols {
    /// `None`: addresses stay addresses.
    pub(crate) fn open() -> Option<Symbols> {
        None
    }

    /// Never asked.
    pub(crate) fn lines(&mut self, _address: u64) -> Vec<SourceLine> {
        match *self {}
    }
}

#[cfg(feature = "symbolize")]
mod resolve {
    use std::collections::HashMap;

    use hotlist_demangle::{Mode, demangle};

    use super::SourceLine;
    use crate::unwind::{Module, modules};

    /// The files of this process, opened when the first address in them is asked for. What they say stays
    /// in memory only as long as this value lives.
    pub(crate) struct Symbols {
        modules: Vec<Module>,
        files: HashMap<usize, Option<addr2line::Loader>>,
    }

    impl Symbols {
        /// The files as they are mapped now.
        pub(crate) fn open() -> Option<Symbols> {
            Some(Symbols { modules: modules(), files: HashMap::new() })
        }

        /// The places that an address stands for, beginning with the innermost inlined function; empty
        /// when nothing is known.
        pub(crate) fn lines(&mut self, address: u64) -> Vec<SourceLine> {
            let holds =
                |module: &Module| module.segments.iter().any(|&(start, end)| (start..end).contains(&address));
            let Some(number) = self.modules.iter().position(holds) else { return Vec::new() };
            let module = &self.modules[number];
            let in_file = address.wrapping_sub(module.base);
            let file = self.files.entry(number).or_insert_with(|| {
                // The main binary has no name in the loader's list.
                let is_main = module.path.as_os_str().is_empty();
                let path = if is_main { "/proc/self/exe".into() } else { module.path.clone() };
                addr2line::Loader::new(path).ok()
            });
            let Some(file) = file else { return Vec::new() };
            let mut lines = from_debug_info(file, in_file);
            if let Some(symbol) = file.find_symbol(in_file) {
                match lines.last_mut() {
                    // Short debug information has the last part of a name only.
                    Some(outermost) if !outermost.system_name.starts_with('_') => {
                        let named = line(symbol, None);
                        (outermost.name, outermost.system_name) = (named.name, named.system_name);
                    }
                    Some(_) => {}
                    None => lines.push(line(symbol, None)),
                }
            }
            lines
        }
    }

    fn from_debug_info(file: &addr2line::Loader, address: u64) -> Vec<SourceLine> {
        let mut lines = Vec::new();
        let Ok(mut frames) = file.find_frames(address) else { return lines };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
            if name.is_some() || frame.location.is_some() {
                lines.push(line(&name.unwrap_or_default(), frame.location.as_ref()));
            }
        }
        lines
    }

    fn line(name: &str, location: Option<&addr2line::Location<'_>>) -> SourceLine {
        SourceLine {
            name: demangle(name, Mode::Default).unwrap_or_else(|| name.to_owned()),
            system_name: name.to_owned(),
            file: location.and_then(|location| location.file).unwrap_or_default().to_owned(),
            line: location.and_then(|location| location.line).unwrap_or(0),
        }
    }

    impl std::fmt::Debug for Symbols {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.debug_struct("Symbols").field("modules", &self.modules.len()).finish_non_exhaustive()
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn this_function_has_its_name_and_file() {
            let here = this_function_has_its_name_and_file as *const () as u64;
            let lines = Symbols::open().unwrap().lines(here + 1);
            let last = lines.last().unwrap();
            assert!(last.name.ends_with("::this_function_has_its_name_and_file"), "{last:?}");
            assert!(last.file.ends_with("symbols.rs"), "{last:?}");
            assert!(last.line > 0);
            assert_eq!(Symbols::open().unwrap().lines(1), []);
        }
    }
}
