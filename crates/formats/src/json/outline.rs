//! The outermost keys of JSON, as far as it has come.

/// As many keys are kept at most; no format needs to see more.
const MOST_KEYS: usize = 256;

/// The keys of the outermost object and of the objects in it.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    keys: Vec<String>,
    /// Whether the outermost value ends in what was looked at, or enough keys were seen.
    pub(crate) is_complete: bool,
}

impl Outline {
    /// The outline of `data`, when it begins like an object or an array of JSON.
    pub(crate) fn of(data: &[u8]) -> Option<Self> {
        let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data).trim_ascii_start();
        let second = data.get(1..)?.trim_ascii_start().first();
        match (data[0], second) {
            (b'{', Some(b'"' | b'}') | None) | (b'[', Some(b'{' | b'[' | b'"' | b']') | None) => {}
            _ => return None,
        }
        let mut outline = Outline::default();
        outline.scan(data);
        Some(outline)
    }

    /// Whether `key` was seen; `a.b` is the key `b` of the object under the key `a`, and `[].b` one of an object
    /// that an outermost array holds.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|seen| seen == key)
    }

    fn scan(&mut self, data: &[u8]) {
        let is_array = data[0] == b'[';
        let (mut at, mut depth) = (0, 0usize);
        // Whether the container at depth 2 is an object, and the key or element that it belongs to.
        let (mut is_object, mut parent) = (false, String::from("[]"));
        while at < data.len() {
            match data[at] {
                b'"' => {
                    let Some(length) = string_length(&data[at + 1..]) else { return };
                    let text = &data[at + 1..at + 1 + length];
                    at += length + 2;
                    let rest = data[at..].trim_ascii_start();
                    if rest.first() == Some(&b':') {
                        let key = String::from_utf8_lossy(&text[..text.len().min(64)]);
                        if depth == 1 && !is_array {
                            parent = key.into_owned();
                            self.keys.push(parent.clone());
                        } else if depth == 2 && is_object {
                            let key = format!("{parent}.{key}");
                            if !self.keys.contains(&key) {
                                self.keys.push(key);
                            }
                        }
                        if self.keys.len() >= MOST_KEYS {
                            self.is_complete = true;
                            return;
                        }
                    }
                    continue;
                }
                open @ (b'{' | b'[') => {
                    depth += 1;
                    if depth == 2 {
                        is_object = open == b'{';
                    }
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.is_complete = true;
                        return;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// How many bytes come before the quotation mark that ends a string.
fn string_length(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &data[at..])?;
        if data[at] == b'"' {
            return Some(at);
        }
        at += 2;
        if at > data.len() {
            return None;
        }
    }
}

#[test]
fn keys_of_two_levels_are_seen() {
    let check = |text: &str, expected: Option<(&[&str], bool)>| {
        let outline = Outline::of(text.as_bytes());
        let found = outline.as_ref().map(|outline| {
            (outline.keys.iter().map(String::as_str).collect::<Vec<_>>(), outline.is_complete)
        });
        assert_eq!(found, expected.map(|(keys, ends)| (keys.to_vec(), ends)), "{text}");
    };
    check("", None);
    check("{", Some((&[], false)));
    check("{7", None);
    check("[INFO] text", None);
    check("\u{feff} {\"a\": {\"b\": [{\"c\": 1}]}, \"d\" : \"e\\\":\"}", Some((&["a", "a.b", "d"], true)));
    check("{\"a\": 1, \"b\": [", Some((&["a", "b"], false)));
    check("{\"a\": \"never ends \\", Some((&["a"], false)));
    check("[{\"ph\": \"X\", \"args\": {\"x\": 1}}, {\"ph\"", Some((&["[].ph", "[].args"], false)));
}
