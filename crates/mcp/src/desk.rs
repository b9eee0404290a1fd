//! What all requests share: the profiles that are open, the branches that were summed up, and where profiles come from.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotlist_fetch::{Environment, Fetch};
use hotlist_session::{CodeFiles, Loader, Options, Progress, Reach, Session, SourceFiles, symbol_reports};

use crate::access::Access;
use crate::branches::Branches;
use crate::quote::shown;
use crate::refusal::Refusal;
use crate::shelf::{Opened, Shelf, Slot};

/// What a server needs to know.
pub struct McpSite {
    /// The options of the command line.
    pub options: Options,
    /// Where binaries are looked for.
    pub environment: Environment,
    /// Opens files and servers.
    pub fetch: Box<dyn Fetch + Send + Sync>,
    /// What clients may open.
    pub access: Access,
    /// Which files profiles may name as their binaries.
    pub reach: Reach,
    /// Where source code comes from. Only files below allowed folders should be among it.
    pub source: SourceFiles,
    /// The executable that the profiles are of, where it was named.
    pub binary: Option<PathBuf>,
    /// How many threads read and look at a profile.
    pub threads: NonZeroUsize,
    /// Profiles that were named on the command line: they are open from the beginning, wherever they are.
    pub profiles: Vec<OsString>,
}

impl std::fmt::Debug for McpSite {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("McpSite").field("access", &self.access).finish_non_exhaustive()
    }
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) site: McpSite,
    shelf: Mutex<Shelf>,
    branches: Mutex<Branches>,
    /// One profile is read at a time: each may need much memory.
    reading: Mutex<()>,
}

impl Desk {
    pub(crate) fn new(site: McpSite) -> Desk {
        let mut shelf = Shelf::default();
        for source in &site.profiles {
            shelf.add(source.clone());
        }
        Desk { site, shelf: Mutex::new(shelf), branches: Mutex::default(), reading: Mutex::default() }
    }

    pub(crate) fn branches(&self) -> MutexGuard<'_, Branches> {
        self.branches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The profiles that are open, in their order.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        self.shelf().slots()
    }

    /// The profile with this handle, or the one that was used last.
    pub(crate) fn profile(&self, handle: Option<&str>) -> Result<Arc<Opened>, Refusal> {
        let slot = self.shelf().get(handle)?;
        self.read(&slot)
    }

    /// Opens what a client names.
    pub(crate) fn open(&self, source: &str) -> Result<Arc<Opened>, Refusal> {
        let source = self.site.access.admit(source)?;
        let slot = self.shelf().add(source);
        self.read(&slot)
    }

    /// The profile that a client names by its handle, or by what it was or is to be opened from.
    pub(crate) fn run(&self, name: &str) -> Result<Arc<Opened>, Refusal> {
        let is_handle = name.strip_prefix('p').is_some_and(|number| number.parse::<usize>().is_ok());
        if is_handle {
            return self.profile(Some(name));
        }
        let source = self.site.access.admit(name)?;
        match self.slots().into_iter().find(|slot| slot.source == source) {
            Some(slot) => self.profile(Some(&slot.handle)),
            None => self.open(name),
        }
    }

    /// Reads a profile, unless that was done or is under way.
    fn read(&self, slot: &Slot) -> Result<Arc<Opened>, Refusal> {
        let opened = slot.cell.get_or_init(|| {
            let _turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            self.load(&slot.handle, &slot.source).map(Arc::new)
        });
        if opened.is_err() {
            self.shelf().remove(&slot.handle);
        }
        opened.clone()
    }

    fn load(&self, handle: &str, source: &OsStr) -> Result<Opened, Refusal> {
        let McpSite { options, environment, fetch, reach, binary, threads, .. } = &self.site;
        let loader = Loader {
            fetch: &**fetch,
            environment,
            reach,
            options: &options.source,
            binary: binary.as_deref(),
            threads: *threads,
            progress: &Progress::default(),
            notify: &|_| {},
        };
        let loaded = loader.load(&[source.to_owned()])?;
        let symbols = symbol_reports(&loaded.profile, &loaded.symbols);
        let named = binary.as_deref().map(|path| path.to_string_lossy());
        let code = CodeFiles::new(loaded.objects, named.as_deref());
        let session = Session::new(loaded.profile, *threads).with_code(code);
        let mut opened = Opened::new(handle, name(source), session);
        (opened.notes, opened.symbols) = (loaded.notes, symbols);
        Ok(opened)
    }
}

/// What people call a source: a file without its folders, an address without its query.
pub(crate) fn name(source: &OsStr) -> String {
    let text = source.to_string_lossy();
    let name = match text.split_once("://") {
        Some(_) => text.split('?').next(),
        None => text.rsplit(['/', '\\']).next(),
    };
    shown(name.unwrap_or(&text), 100)
}
