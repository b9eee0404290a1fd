//! Rules that change labels and choose targets.
//!
//! Source: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config>.

use std::collections::BTreeMap;

use hotlist_pattern::Pattern;
use serde::Deserialize;

/// The labels of a target; those that begin with `__` are for rules alone.
pub(crate) type TargetLabels = BTreeMap<String, String>;

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RelabelConfig {
    source_labels: Vec<String>,
    separator: String,
    target_label: String,
    regex: String,
    replacement: String,
    action: Action,
}

impl Default for RelabelConfig {
    fn default() -> RelabelConfig {
        RelabelConfig {
            source_labels: Vec::new(),
            separator: ";".to_owned(),
            target_label: String::new(),
            regex: "(.*)".to_owned(),
            replacement: "$1".to_owned(),
            action: Action::Replace,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Replace,
    Keep,
    Drop,
    LabelMap,
    LabelDrop,
    LabelKeep,
}

/// A rule that can be applied.
#[derive(Debug, Clone)]
pub(crate) struct Relabel {
    config: RelabelConfig,
    pattern: Pattern,
}

impl Relabel {
    /// # Errors
    /// In words, when the rule makes no sense.
    pub(crate) fn new(config: RelabelConfig) -> Result<Relabel, String> {
        if config.action == Action::Replace && config.target_label.is_empty() {
            return Err("relabel_configs: replace needs a target_label".to_owned());
        }
        // The groups of the pattern are those that replacements count.
        let pattern = Pattern::new(&format!("^(?s:{})$", config.regex))
            .map_err(|error| format!("relabel_configs: regex {:?}: {error}", config.regex))?;
        Ok(Relabel { config, pattern })
    }

    /// Whether the target stays.
    pub(crate) fn apply(&self, labels: &mut TargetLabels) -> bool {
        let Relabel { config, pattern } = self;
        let value = || {
            let values = config.source_labels.iter().map(|name| labels.get(name).map_or("", String::as_str));
            values.collect::<Vec<_>>().join(&config.separator)
        };
        let matches = |text: &str| pattern.is_match(text.as_bytes());
        match config.action {
            Action::Keep => return matches(&value()),
            Action::Drop => return !matches(&value()),
            Action::Replace => {
                if let Some(replaced) = expanded(pattern, &value(), &config.replacement) {
                    let target = expanded(pattern, &value(), &config.target_label).unwrap_or_default();
                    if replaced.is_empty() {
                        labels.remove(&target);
                    } else {
                        labels.insert(target, replaced);
                    }
                }
            }
            Action::LabelMap => {
                let copies: Vec<(String, String)> = labels
                    .iter()
                    .filter_map(|(name, value)| {
                        Some((expanded(pattern, name, &config.replacement)?, value.clone()))
                    })
                    .collect();
                labels.extend(copies);
            }
            Action::LabelDrop => labels.retain(|name, _| !matches(name)),
            Action::LabelKeep => labels.retain(|name, _| matches(name)),
        }
        true
    }
}

/// `template` with `$1`, `${1}` and `${name}` replaced by what groups match; `None` when the pattern does not match.
fn expanded(pattern: &Pattern, text: &str, template: &str) -> Option<String> {
    let captures = pattern.captures(text.as_bytes())?;
    let group = |name: &str| {
        let number = name.parse().ok().or_else(|| pattern.group_index(name));
        number.and_then(|number| captures.get(number)).map_or("", |range| &text[range])
    };
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('$') {
        out += before;
        rest = behind;
        if let Some(behind) = rest.strip_prefix('$') {
            out.push('$');
            rest = behind;
        } else if let Some((name, behind)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            out += group(name);
            rest = behind;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                out.push('$');
            }
            out += group(&rest[..end]);
            rest = &rest[end..];
        }
    }
    Some(out + rest)
}

/// Applies all rules; `None` when one of them drops the target.
pub(crate) fn relabeled(mut labels: TargetLabels, rules: &[Relabel]) -> Option<TargetLabels> {
    rules.iter().all(|rule| rule.apply(&mut labels)).then_some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str, labels: &[(&str, &str)], expected: Option<&[(&str, &str)]>) {
        let configs: Vec<RelabelConfig> = serde_saphyr::from_str(rules).unwrap();
        let rules: Vec<Relabel> = configs.into_iter().map(|config| Relabel::new(config).unwrap()).collect();
        let map = |pairs: &[(&str, &str)]| -> TargetLabels {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(relabeled(map(labels), &rules), expected.map(map));
    }

    #[test]
    fn targets_are_kept_and_dropped() {
        let keep = "- {source_labels: [a, b], regex: 'x;y.*', action: keep}";
        check(keep, &[("a", "x"), ("b", "y1")], Some(&[("a", "x"), ("b", "y1")]));
        // The whole value must match.
        check(keep, &[("a", "xx"), ("b", "y1")], None);
        check("- {source_labels: [a], regex: x, action: drop}", &[("a", "x")], None);
    }

    #[test]
    fn labels_are_replaced() {
        let replace = "- {source_labels: [__address__], regex: '([^:]+):(\\d+)', target_label: host, replacement: '${1}-$2'}";
        check(replace, &[("__address__", "a:80")], Some(&[("__address__", "a:80"), ("host", "a-80")]));
        check(replace, &[("__address__", "a")], Some(&[("__address__", "a")]));
        check("- {target_label: x, replacement: ''}", &[("x", "y")], Some(&[]));
        check("- {source_labels: [x], target_label: y}", &[("x", "v")], Some(&[("x", "v"), ("y", "v")]));
        check(
            "- {regex: 'meta_(.+)', action: labelmap}\n- {regex: 'meta_.*', action: labeldrop}",
            &[("meta_pod", "p"), ("a", "b")],
            Some(&[("pod", "p"), ("a", "b")]),
        );
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        for rule in ["{regex: '(', target_label: x}", "{action: replace}"] {
            let config: RelabelConfig = serde_saphyr::from_str(rule).unwrap();
            assert!(Relabel::new(config).is_err(), "{rule}");
        }
        assert!(serde_saphyr::from_str::<RelabelConfig>("{action: explode}").is_err());
    }
}
