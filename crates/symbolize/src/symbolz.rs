//! Names from the program itself: a server of profiles knows the functions at its addresses.
//!
//! The protocol is that of gperftools (`/pprof/symbol`,
//! <https://gperftools.github.io/gperftools/pprof_remote_servers.html>): addresses joined by `+` are sent, and a line
//! with an address and a name comes back for each.

use hashbrown::HashMap;
use hotlist_profile::{Function, FunctionId, Line, LocationId, MappingId, Profile, StringId};
use rustc_hash::FxBuildHasher;

use crate::local::NewLines;

/// What a server is asked about a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    mapping: MappingId,
    again: Again,
    /// From addresses of the profile to those of the server.
    offset: u64,
    /// The addresses to send.
    pub body: String,
}

/// Which addresses a server is asked about that have a function already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// None.
    No,
    /// Those of which nothing but a name is known, such as frames that Go hides in its text profiles. Servers know no
    /// lines and no inlined calls: where the profile has them, an answer would take them away.
    NamesAlone,
}

/// Why an address cannot be asked for.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("cannot adjust address {address:#x} by {offset:#x}, it would overflow")]
pub struct Overflow {
    address: u64,
    offset: i64,
}

impl Query {
    /// The question for all addresses of `mapping` that have no function, and for those that are to be asked for again;
    /// `None` when there are none. `start` is where the mapping began on the server, before profiles were merged.
    ///
    /// # Errors
    /// When an address is beyond the end of memory on the server.
    pub fn new(
        profile: &Profile,
        mapping: MappingId,
        start: u64,
        again: Again,
    ) -> Result<Option<Query>, Overflow> {
        let offset = start.wrapping_sub(profile.mapping(mapping).start);
        let mut body = String::new();
        for id in open_locations(profile, mapping, again) {
            let address = profile.locations.get(id).address;
            let moved = address.wrapping_add(offset);
            if ((offset as i64) < 0) != (moved < address) && offset != 0 {
                return Err(Overflow { address, offset: offset as i64 });
            }
            if !body.is_empty() {
                body.push('+');
            }
            body.push_str(&format!("{moved:#x}"));
        }
        Ok((!body.is_empty()).then_some(Query { mapping, again, offset, body }))
    }

    /// Gives the profile the names of an answer; how many addresses have one now is the result. Lines of the
    /// answer that hold no address and name are passed over.
    pub fn take(&self, profile: &mut Profile, answer: &[u8]) -> usize {
        let names: HashMap<u64, &[u8], FxBuildHasher> = answer
            .split(|&byte| byte == b'\n')
            .filter_map(read_line)
            .map(|(address, name)| (address.wrapping_sub(self.offset), name))
            .collect();
        let mut functions: HashMap<StringId, FunctionId, FxBuildHasher> = HashMap::default();
        let mut next_id = profile.functions.iter().map(|function| function.id).max().unwrap_or(0);
        let mut lines = NewLines::default();
        let open: Vec<LocationId> = open_locations(profile, self.mapping, self.again).collect();
        for id in open {
            let Some(name) = names.get(&profile.locations.get(id).address) else { continue };
            let name = profile.strings.intern(name);
            let function = *functions.entry(name).or_insert_with(|| {
                next_id = next_id.saturating_add(1);
                profile.functions.push(Function {
                    id: next_id,
                    name,
                    system_name: name,
                    ..Function::default()
                });
                FunctionId::new(profile.functions.len() - 1)
            });
            let start = lines.lines.len();
            lines.lines.push(Line { function, line: 0, column: 0 });
            lines.of.insert(id, start..start + 1);
        }
        lines.apply(profile);
        lines.of.len()
    }
}

fn open_locations(
    profile: &Profile,
    mapping: MappingId,
    again: Again,
) -> impl Iterator<Item = LocationId> + '_ {
    let is_open = move |lines: &[Line]| match lines {
        [] => true,
        [only] => {
            let has_place = only.line != 0 || !profile.function(only.function).filename.is_empty();
            again == Again::NamesAlone && !has_place
        }
        _ => false,
    };
    profile.locations.ids().filter(move |&id| {
        let location = profile.locations.get(id);
        location.mapping == Some(mapping) && location.address != 0 && is_open(profile.locations.lines(id))
    })
}

/// Finds `0x1234 name` in a line.
fn read_line(line: &[u8]) -> Option<(u64, &[u8])> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let start = line.windows(2).position(|pair| pair == b"0x")? + 2;
    let digits = line[start..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let address = u64::from_str_radix(std::str::from_utf8(&line[start..start + digits]).ok()?, 16).ok()?;
    let rest = &line[start + digits..];
    let name = rest.trim_ascii_start();
    (name.len() < rest.len() && !name.is_empty()).then_some((address, name))
}

#[cfg(test)]
mod tests {
    use hotlist_profile::{Builder, Location, Mapping};

    use super::*;

    #[test]
    fn addresses_are_asked_and_answered() {
        let mut builder = Builder::new(&[("samples", "count")]);
        let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x2000, ..Mapping::default() });
        let known = builder.named_function("known", "");
        for address in [0x1010, 0x1020, 0] {
            builder.location(Location { mapping: Some(mapping), address, ..Location::default() }, &[]);
        }
        let line = Line { function: known, line: 1, column: 0 };
        builder
            .location(Location { mapping: Some(mapping), address: 0x1030, ..Location::default() }, &[line]);
        let mut profile = builder.finish();
        let query = Query::new(&profile, mapping, 0x5000, Again::No).unwrap().unwrap();
        assert_eq!(query.body, "0x5010+0x5020");
        let answer = b"num_symbols: 1\n0x5010\tmain.work\n0x5020\n0x9999 other\r\n";
        assert_eq!(query.take(&mut profile, answer), 1);
        let lines = profile.locations.lines(LocationId::new(0));
        assert_eq!(profile.lossy(profile.function(lines[0].function).name), "main.work");
        assert!(profile.locations.lines(LocationId::new(1)).is_empty());
    }

    #[test]
    fn where_a_name_alone_is_known_a_better_one_may_be_asked_for() {
        let mut builder = Builder::new(&[("samples", "count")]);
        let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x2000, ..Mapping::default() });
        let hidden = builder.named_function("runtime.[hidden]", "");
        let known = builder.named_function("main.run", "main.go");
        let name = Line { function: hidden, line: 0, column: 0 };
        let place = Line { function: known, line: 7, column: 0 };
        for (address, lines) in
            [(0x1010, &[name][..]), (0x1020, &[place]), (0x1030, &[name, name]), (0x1040, &[]), (0, &[name])]
        {
            builder.location(Location { mapping: Some(mapping), address, ..Location::default() }, lines);
        }
        let mut profile = builder.finish();
        let body = |again| Query::new(&profile, mapping, 0x1000, again).unwrap().unwrap().body;
        assert_eq!((body(Again::No), body(Again::NamesAlone)), ("0x1040".into(), "0x1010+0x1040".into()));
        let query = Query::new(&profile, mapping, 0x1000, Again::NamesAlone).unwrap().unwrap();
        assert_eq!(query.take(&mut profile, b"0x1010 runtime.gopark\n0x1020 other\n"), 1);
        let name = |row| {
            let lines = profile.locations.lines(LocationId::new(row));
            profile.lossy(profile.function(lines[0].function).name).into_owned()
        };
        assert_eq!(
            (name(0), name(1), name(2)),
            ("runtime.gopark".into(), "main.run".into(), "runtime.[hidden]".into())
        );
    }

    #[test]
    fn lines_are_read() {
        assert_eq!(read_line(b"0x1f main"), Some((0x1f, &b"main"[..])));
        assert_eq!(read_line(b"x 0x1f  a b\r"), Some((0x1f, &b"a b"[..])));
        for line in [&b"main"[..], b"0x", b"0x10", b"0x10 ", b"0xfffffffffffffffff a"] {
            assert_eq!(read_line(line), None);
        }
    }
}
