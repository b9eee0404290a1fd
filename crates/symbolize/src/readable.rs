//! Readable names for the functions of a profile.

use hotlist_profile::{Profile, StringId};

use crate::mode::Demangle;

/// Gives functions whose name is that of the linker a readable one.
///
/// With `force` the names that they have are forgotten first. The rules are those of pprof's function `Demangle`: a
/// function whose two names differ has been given a readable one already.
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
            let is_of_a_linker = !of_other_languages(&profile.lossy(function.filename));
            function.name = readable(profile, function.system_name, mode, is_of_a_linker);
        }
        profile.functions[row] = function;
    }
}

fn readable(
    profile: &mut Profile,
    name: StringId,
    mode: hotlist_demangle::Mode,
    is_of_a_linker: bool,
) -> StringId {
    // The name of a function without one stays empty.
    let Ok(text) = std::str::from_utf8(profile.strings.get(name)) else { return name };
    // A stub is called after what it calls.
    let (bare, stub) = text.strip_suffix("@plt").map_or((text, ""), |bare| (bare, "@plt"));
    let readable = match hotlist_demangle::function_name(bare, mode) {
        Some(readable) => readable,
        None => match without_clone_suffix(bare) {
            shorter if is_of_a_linker && shorter.len() < bare.len() => shorter.to_owned(),
            _ => return name,
        },
    };
    let readable = readable + stub;
    profile.strings.intern(readable.as_bytes())
}

/// `work` of `work.cold`, `work.part.0.isra.1` and `work.llvm.42`: compilers take functions apart and copy them, and
/// the parts are one function of the source. Names that C cannot have are those of something else.
fn without_clone_suffix(name: &str) -> &str {
    let mut rest = name;
    loop {
        let (before, number) = match rest.rsplit_once('.') {
            Some((before, digits))
                if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                (before, true)
            }
            _ => (rest, false),
        };
        let suffixes: &[&str] = if number {
            &[".cold", ".part", ".constprop", ".isra", ".llvm", ".lto_priv"]
        } else {
            &[".cold"]
        };
        match suffixes.iter().find_map(|suffix| before.strip_suffix(suffix)) {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let is_name = !rest.is_empty() && rest.bytes().all(is_letter) && !rest.as_bytes()[0].is_ascii_digit();
    if is_name { rest } else { name }
}

/// Whether a source file is of a language in which `main.cold` may be a function called `cold`.
fn of_other_languages(file: &str) -> bool {
    const ENDINGS: [&str; 8] = [".go", ".java", ".kt", ".py", ".js", ".ts", ".rb", ".php"];
    ENDINGS.iter().any(|ending| file.ends_with(ending))
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
    fn parts_and_copies_of_a_function_are_one() {
        for (name, expected) in [
            ("work.cold", "work"),
            ("work.cold.1", "work"),
            ("work.part.0", "work"),
            ("work.constprop.0.isra.12.cold", "work"),
            ("work.llvm.17203", "work"),
            ("work.lto_priv.3", "work"),
            ("_start.part.1", "_start"),
            ("work.0", "work.0"),
            ("work.part", "work.part"),
            (".cold", ".cold"),
            ("pkg.work.cold", "pkg.work.cold"),
            ("work.cold@plt", "work@plt"),
            ("_Z4worki.cold", "work"),
            ("_Z4worki@plt", "work@plt"),
            ("strtol@plt", "strtol@plt"),
        ] {
            check(name, name, Demangle::Default, false, expected);
            check(name, name, Demangle::None, false, name);
        }
        let mut builder = Builder::new(&[("samples", "count")]);
        let (name, filename) = (builder.string("main.cold"), builder.string("/src/main.go"));
        builder.function(Function { name, system_name: name, filename, ..Function::default() });
        let mut profile = builder.finish();
        demangle(&mut profile, Demangle::Default, false);
        assert_eq!(profile.lossy(profile.functions[0].name), "main.cold");
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
