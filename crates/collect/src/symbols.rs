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

    /// `None`, as before.
    pub(crate) fn renewed(_known: Option<Symbols>) -> Option<Symbols> {
        None
    }

    /// Never asked.
    pub(crate) fn lines(&mut self, _frame: u64) -> Vec<SourceLine> {
        match *self {}
    }
}

#[cfg(feature = "symbolize")]
mod resolve {
    use std::collections::HashMap;
    use std::path::PathBuf;

    use hotlist_demangle::{Mode, demangle};

    use super::SourceLine;
    use crate::libraries;
    use crate::maps::{is_loaded, path_of};
    use crate::unwind::{Module, modules};

    /// The files of this process, opened when the first address in them is asked for. What they say stays
    /// in memory only as long as this value lives.
    pub(crate) struct Symbols {
        modules: Vec<Module>,
        files: HashMap<PathBuf, Option<addr2line::Loader>>,
    }

    impl Symbols {
        /// The files as they are mapped now.
        pub(crate) fn open() -> Option<Symbols> {
            Some(Symbols { modules: modules(), files: HashMap::new() })
        }

        /// What was found so far, and the files as they are mapped now.
        pub(crate) fn renewed(known: Option<Symbols>) -> Option<Symbols> {
            let files = known.map(|known| known.files).unwrap_or_default();
            Some(Symbols { modules: modules(), files })
        }

        /// The places that a frame stands for, beginning with the innermost inlined function; empty when nothing
        /// is known.
        pub(crate) fn lines(&mut self, frame: u64) -> Vec<SourceLine> {
            let address = libraries::address(frame);
            let Some((path, base)) = self.file_of(frame, address) else { return Vec::new() };
            let in_file = address.wrapping_sub(base);
            let file = self.files.entry(path).or_insert_with_key(|path| addr2line::Loader::new(path).ok());
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

        /// The file that a frame was sampled in, and what to add to addresses in it.
        fn file_of(&self, frame: u64, address: u64) -> Option<(PathBuf, u64)> {
            let unloaded = libraries::library(frame).filter(|library| !is_loaded(library, &self.modules));
            if let Some(library) = unloaded {
                return Some((path_of(library), library.base));
            }
            let holds = |module: &&Module| {
                module.segments.iter().any(|&(start, end)| (start..end).contains(&address))
            };
            let module = self.modules.iter().find(holds)?;
            // The main binary has no name in the loader's list.
            let is_main = module.path.as_os_str().is_empty();
            Some((if is_main { "/proc/self/exe".into() } else { module.path.clone() }, module.base))
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
