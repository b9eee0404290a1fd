//! Function names without what a picture has no room for.

use std::sync::LazyLock;

use hotlist_pattern::Pattern;

/// Patterns of names in several languages; what their groups match is what remains.
struct Rules {
    /// Go: a module version in a package path.
    go_version: Pattern,
    languages: [Pattern; 3],
}

/// The patterns are those of pprof, whose short names must be equal.
static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| {
    let pattern = |source| Pattern::new(source).ok();
    Some(Rules {
        go_version: pattern(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$")?,
        languages: [
            // Go: the path of a package.
            pattern(r"^(?:[\w\-\.]+\/)+([^.]+\..+)")?,
            // Java: package and arguments.
            pattern(r"^(?:[a-z]\w*\.)*([A-Z][\w\$]*\.(?:<init>|[a-z][\w\$]*(?:\$\d+)?))(?:(?:\()|$)")?,
            // C++: namespaces, but not template arguments.
            pattern(r"^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)")?,
        ],
    })
});

/// `name` without package path, module version, namespaces and Java arguments.
pub fn short_name(name: &str) -> String {
    let name = name.strip_prefix("(anonymous namespace)::").filter(|rest| !rest.is_empty()).unwrap_or(name);
    let Some(rules) = &*RULES else { return name.to_owned() };
    let mut name = name.to_owned();
    if let Some(kept) = groups(&rules.go_version, &name) {
        name = kept;
    }
    rules.languages.iter().find_map(|language| groups(language, &name)).unwrap_or(name)
}

/// What the groups of `pattern` match in `name`, joined.
fn groups(pattern: &Pattern, name: &str) -> Option<String> {
    let captures = pattern.captures(name.as_bytes())?;
    Some(captures.groups().filter_map(|group| name.get(group?)).collect())
}

#[test]
fn names() {
    for (name, expected) in [
        ("github.com/acme/widget/v2.(*Client).Do", "widget.(*Client).Do"),
        ("net/http.(*conn).serve", "http.(*conn).serve"),
        ("java.util.HashMap.putVal(int, Object)", "HashMap.putVal"),
        ("com.acme.app.Server.run", "Server.run"),
        ("(anonymous namespace)::Foo::Bar", "Foo::Bar"),
        ("ns::Widget::render(int, char const*)", "Widget::render"),
        ("std::vector<int>::push_back", "std::vector<int>::push_back"),
        ("malloc", "malloc"),
    ] {
        assert_eq!(short_name(name), expected);
    }
}
