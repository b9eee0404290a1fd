//! Selectors as people write them: `cpu{service="api"}`.

use hotlist_store::{ProfileType, Range, Selector, Store, Tenant};

use crate::failure::Failure;

/// How many types an error lists at most.
const LISTED: usize = 12;

/// Reads a selector whose type may be cut down to its first parts or one of them, such as `cpu`, `memory:inuse_space` or
/// nothing, where that names one type that there is in `range`.
///
/// # Errors
/// When it is none, or names no type or several.
pub(crate) fn selector(
    store: &Store,
    tenant: &Tenant,
    text: &str,
    range: Range,
) -> Result<Selector, Failure> {
    let (short, matchers) = text.split_at(text.find('{').unwrap_or(text.len()));
    if short.split(':').count() >= 5 {
        return Ok(Selector::parse(text)?);
    }
    let types = store.types(tenant, range)?;
    let full = full(short.trim(), &types)?;
    Ok(Selector::parse(&format!("{full}{matchers}"))?)
}

/// The one of `types` that `short` names.
fn full<'t>(short: &str, types: &'t [ProfileType]) -> Result<&'t ProfileType, Failure> {
    let fits = |profile_type: &&ProfileType| {
        let ProfileType { name, sample_type, sample_unit, .. } = profile_type;
        let all = [&**name, sample_type, sample_unit];
        let parts = [&all[..1], &all[..2], &all[..3], &all[1..2], &all[1..]];
        short.is_empty() || parts.iter().any(|parts| short == parts.join(":"))
    };
    let found: Vec<&ProfileType> = types.iter().filter(fits).collect();
    let list = |types: &[&ProfileType]| {
        let mut names: Vec<String> = types.iter().take(LISTED).map(ToString::to_string).collect();
        if types.len() > LISTED {
            names.push(format!("{} others", types.len() - LISTED));
        }
        names.join(", ")
    };
    match found.as_slice() {
        [one] => Ok(one),
        [] if types.is_empty() => Err(Failure::Bad(format!(
            "{short:?} is not a profile type, and there are no profiles in this range of time"
        ))),
        [] => {
            let all: Vec<&ProfileType> = types.iter().collect();
            Err(Failure::Bad(format!("{short:?} is not a profile type; there are {}", list(&all))))
        }
        several => Err(Failure::Bad(format!("{short:?} may be {}", list(several)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_types_name_one() {
        let types: Vec<ProfileType> = [
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
            "process_cpu:samples:count:cpu:nanoseconds",
            "memory:inuse_space:bytes:space:bytes",
            "goroutine:goroutine:count:goroutine:count",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        for (short, expected) in [
            ("cpu", "process_cpu:cpu:nanoseconds:cpu:nanoseconds"),
            ("process_cpu:samples", "process_cpu:samples:count:cpu:nanoseconds"),
            ("memory", "memory:inuse_space:bytes:space:bytes"),
            ("inuse_space:bytes", "memory:inuse_space:bytes:space:bytes"),
            ("goroutine", "goroutine:goroutine:count:goroutine:count"),
        ] {
            assert_eq!(full(short, &types).unwrap().to_string(), expected, "{short}");
        }
        for (short, expected) in [
            (
                "process_cpu",
                "\"process_cpu\" may be process_cpu:cpu:nanoseconds:cpu:nanoseconds, process_cpu:sam",
            ),
            ("heap", "\"heap\" is not a profile type; there are process_cpu:cpu:"),
            ("", "\"\" may be "),
        ] {
            let Err(Failure::Bad(words)) = full(short, &types) else { panic!("{short}") };
            assert!(words.starts_with(expected), "{words}");
        }
        assert!(full("cpu", &[]).is_err());
    }
}
