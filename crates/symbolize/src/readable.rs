//! Readable names for the functions of a profile.

use hotlist_profile::{Profile, StringId};

use crate::mode::Demangle;

/// Gives functions whose name is that of the linker a readable one.
///
/// With `force` the names that they have are forgotten first. The rules are those of pprof's function `Demangle`: a
/// function whose two names differ has been given a readable one by somebody else.
pub fn demangle(profile: &mut Profile, demangle: Demangle, force: bool) {
    let mode = match demangle {
        Demangle::None => None,
        Demangle::Default => Some(hotlist_demangle::Mode::Default),
        Demangle::Templates => Some(hotlist_demangle::Mode::Templates),
        Demangle::Full => Some(hotlist_demangle::Mode::Full),
    };
    for row in 0..profile.functions.len() {
        let mut function = profile.functions[row];
        if force && !function.name.is_empty() && !function.system_name.is_empty() {
            function.name = function.system_name;
        }
        if let Some(mode) = mode
            && (function.name.is_empty() || function.name == function.system_name)
        {
            function.name = readable(profile, function.system_name, mode);
        }
        profile.functions[row] = function;
    }
}

fn readable(profile: &mut Profile, name: StringId, mode: hotlist_demangle::Mode) -> StringId {
    // The name of a function without one stays empty.
    let Ok(text) = std::str::from_utf8(profile.strings.get(name)) else { return name };
    match hotlist_demangle::function_name(text, mode) {
        Some(readable) => profile.strings.intern(readable.as_bytes()),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use hotlist_profile::{Builder, Function};

    use super::*;

    fn check(name: &str, system_name: &str, mode: Demangle, force: bool, expected: &str) {
        let mut builder = Builder::new(&[("samples", "count")]);
        let (name, system_name) = (builder.string(name), builder.string(system_name));
        builder.function(Function { name, system_name, ..Function::default() });
        let mut profile = builder.finish();
        demangle(&mut profile, mode, force);
        assert_eq!(profile.lossy(profile.functions[0].name), expected);
    }

    #[test]
    fn names_of_the_linker_become_readable() {
        let name = "_ZN5cache6lookupIiEEbi";
        check(name, name, Demangle::Default, false, "cache::lookup");
        check(name, name, Demangle::Templates, true, "cache::lookup<int>");
        check(name, name, Demangle::None, false, name);
        check("", name, Demangle::Default, false, "cache::lookup");
    }

    #[test]
    fn other_names_stay_unless_forced() {
        let name = "_ZN5cache6lookupIiEEbi";
        check("lookup", name, Demangle::Default, false, "lookup");
        check("lookup", name, Demangle::Default, true, "cache::lookup");
        check("lookup", name, Demangle::None, true, name);
        check("lookup", "", Demangle::Default, true, "lookup");
        check("main.run", "main.run", Demangle::Default, false, "main.run");
    }
}
