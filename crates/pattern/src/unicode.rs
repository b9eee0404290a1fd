//! The named Unicode classes and the case folding of Go's `unicode` package.

use std::collections::HashMap;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use crate::unicode_17::{CASE_PAIRS, CHANGES, Change};

/// The general categories, and "LC" for cased letters, by the names of `unicode.Categories`.
const CATEGORIES: &str = "C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps \
    S Sc Sk Sm So Z Zl Zp Zs";

/// Long names of general categories, as in `unicode.CategoryAliases`.
const CATEGORY_ALIASES: [(&str, &str); 42] = [
    ("Cased_Letter", "LC"),
    ("Close_Punctuation", "Pe"),
    ("Combining_Mark", "M"),
    ("Connector_Punctuation", "Pc"),
    ("Control", "Cc"),
    ("Currency_Symbol", "Sc"),
    ("Dash_Punctuation", "Pd"),
    ("Decimal_Number", "Nd"),
    ("Enclosing_Mark", "Me"),
    ("Final_Punctuation", "Pf"),
    ("Format", "Cf"),
    ("Initial_Punctuation", "Pi"),
    ("Letter", "L"),
    ("Letter_Number", "Nl"),
    ("Line_Separator", "Zl"),
    ("Lowercase_Letter", "Ll"),
    ("Mark", "M"),
    ("Math_Symbol", "Sm"),
    ("Modifier_Letter", "Lm"),
    ("Modifier_Symbol", "Sk"),
    ("Nonspacing_Mark", "Mn"),
    ("Number", "N"),
    ("Open_Punctuation", "Ps"),
    ("Other", "C"),
    ("Other_Letter", "Lo"),
    ("Other_Number", "No"),
    ("Other_Punctuation", "Po"),
    ("Other_Symbol", "So"),
    ("Paragraph_Separator", "Zp"),
    ("Private_Use", "Co"),
    ("Punctuation", "P"),
    ("Separator", "Z"),
    ("Space_Separator", "Zs"),
    ("Spacing_Mark", "Mc"),
    ("Surrogate", "Cs"),
    ("Symbol", "S"),
    ("Titlecase_Letter", "Lt"),
    ("Unassigned", "Cn"),
    ("Uppercase_Letter", "Lu"),
    ("cntrl", "Cc"),
    ("digit", "Nd"),
    ("punct", "P"),
];

/// Script names, as in `unicode.Scripts`. Their four-letter codes are not accepted there.
const SCRIPTS: &str = "\
    Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali \
    Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian \
    Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan \
    Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic \
    Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi \
    Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic \
    Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi \
    Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu \
    Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen \
    Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao \
    Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu \
    Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian \
    Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya \
    Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan \
    Saurashtra Sharada Shavian Siddham Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo \
    Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri \
    Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Tolong_Siki Toto \
    Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square";

/// Looks up `\p{...}` names, remembering what one pattern has already asked for.
#[derive(Default)]
pub(crate) struct NamedClasses {
    known: HashMap<(String, bool), Option<ClassUnicode>>,
}

impl NamedClasses {
    /// The class called `name`, closed under case folding if `fold` is set. Nothing if Go knows no such
    /// name.
    pub(crate) fn get(&mut self, name: &str, fold: bool) -> Option<&ClassUnicode> {
        let key = (loose_name(name), fold);
        let name = key.0.clone();
        self.known.entry(key).or_insert_with(|| lookup(&name, fold)).as_ref()
    }
}

/// Adds every character that simple case folding (`unicode.SimpleFold`) makes equal to a member.
pub(crate) fn fold_case(class: &mut ClassUnicode) {
    class.case_fold_simple();
    let mut partners = Vec::new();
    for (first, last, distance) in CASE_PAIRS {
        for range in class.iter() {
            let upper = overlap(range, first, last, 0);
            let lower = overlap(range, first, last, distance);
            partners.extend(upper.and_then(|(low, high)| shifted(low + distance, high + distance)));
            partners.extend(lower.and_then(|(low, high)| shifted(low - distance, high - distance)));
        }
    }
    if !partners.is_empty() {
        class.union(&ClassUnicode::new(partners));
    }
}

/// The class of exactly one run of characters.
pub(crate) fn single_range(first: char, last: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(first, last)])
}

/// The part of `range` inside the run `first..=last` moved up by `distance`.
fn overlap(range: &ClassUnicodeRange, first: char, last: char, distance: u32) -> Option<(u32, u32)> {
    let low = u32::from(range.start()).max(u32::from(first) + distance);
    let high = u32::from(range.end()).min(u32::from(last) + distance);
    (low <= high).then_some((low, high))
}

fn shifted(low: u32, high: u32) -> Option<ClassUnicodeRange> {
    Some(ClassUnicodeRange::new(char::from_u32(low)?, char::from_u32(high)?))
}

/// Names are compared without case, underscores, hyphens and spaces.
fn loose_name(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

fn lookup(name: &str, fold: bool) -> Option<ClassUnicode> {
    let same = |candidate: &&str| loose_name(candidate) == name;
    let mut class = match name {
        "any" => single_range('\0', char::MAX),
        "ascii" => single_range('\0', '\x7f'),
        "assigned" => {
            let mut class = category("Cn")?;
            class.negate();
            class
        }
        _ => {
            let alias = CATEGORY_ALIASES.iter().find(|(long, _)| same(long)).map(|(_, short)| *short);
            if let Some(found) = CATEGORIES.split_whitespace().find(same).or(alias) {
                category(found)?
            } else {
                script(SCRIPTS.split_whitespace().find(same)?)?
            }
        }
    };
    // `unicode.FoldCategory` has no entry for cased letters, so Go leaves this one category alone.
    let folds = CATEGORY_ALIASES.iter().all(|(long, short)| *short != "LC" || !same(long)) && name != "lc";
    if fold && folds {
        fold_case(&mut class);
    }
    Some(class)
}

/// A general category; surrogates never occur in decoded text, so `Cs` is empty.
fn category(name: &str) -> Option<ClassUnicode> {
    let class = if name == "Cs" { ClassUnicode::empty() } else { property("gc", name)? };
    let belongs = |change: &Change| match name {
        "LC" => matches!(change.category, "Lu" | "Ll" | "Lt"),
        _ => change.category.starts_with(name),
    };
    Some(updated(class, belongs))
}

fn script(name: &str) -> Option<ClassUnicode> {
    // Scripts that came with Unicode 17.0 may be unknown to the tables underneath.
    let class = property("sc", name).unwrap_or_else(ClassUnicode::empty);
    Some(updated(class, |change| change.script == name))
}

/// `class` after the changes of Unicode 17.0.
fn updated(mut class: ClassUnicode, belongs: impl Fn(&Change) -> bool) -> ClassUnicode {
    let range = |change: &Change| ClassUnicodeRange::new(change.first, change.last);
    class.difference(&ClassUnicode::new(CHANGES.iter().map(range)));
    class.union(&ClassUnicode::new(CHANGES.iter().filter(|change| belongs(change)).map(range)));
    class
}

/// A class of regex-syntax's own tables.
fn property(kind: &str, value: &str) -> Option<ClassUnicode> {
    let hir = regex_syntax::parse(&format!(r"\p{{{kind}={value}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character comes back as a literal.
        HirKind::Literal(literal) => {
            let character = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(single_range(character, character))
        }
        _ => None,
    }
}
