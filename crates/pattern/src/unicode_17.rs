//! What Unicode 17.0 changed over 16.0, the version behind regex-syntax's tables.
//!
//! Source: `UnicodeData.txt`, `Scripts.txt` and `CaseFolding.txt` of the Unicode Character Database 17.0.
//! Applying these to newer tables is harmless: every entry states the final value.

/// A run of characters whose general category or script is new in Unicode 17.0.
pub(crate) struct Change {
    pub(crate) first: char,
    pub(crate) last: char,
    pub(crate) category: &'static str,
    pub(crate) script: &'static str,
}

/// Runs of upper-case letters whose lower-case partners came with Unicode 17.0: first, last, and the
/// distance to the partner.
pub(crate) const CASE_PAIRS: [(char, char, u32); 4] = [
    ('\u{a7ce}', '\u{a7ce}', 1),
    ('\u{a7d2}', '\u{a7d2}', 1),
    ('\u{a7d4}', '\u{a7d4}', 1),
    ('\u{16ea0}', '\u{16eb8}', 0x1b),
];

const fn change(first: char, last: char, category: &'static str, script: &'static str) -> Change {
    Change { first, last, category, script }
}

/// Every change, in ascending order.
pub(crate) const CHANGES: &[Change] = &[
    change('\u{295}', '\u{295}', "Lo", "Latin"),
    change('\u{88f}', '\u{88f}', "Lo", "Arabic"),
    change('\u{c5c}', '\u{c5c}', "Lo", "Telugu"),
    change('\u{cdc}', '\u{cdc}', "Lo", "Kannada"),
    change('\u{1acf}', '\u{1add}', "Mn", "Inherited"),
    change('\u{1ae0}', '\u{1aeb}', "Mn", "Inherited"),
    change('\u{20c1}', '\u{20c1}', "Sc", "Common"),
    change('\u{2b96}', '\u{2b96}', "So", "Common"),
    change('\u{a7ce}', '\u{a7ce}', "Lu", "Latin"),
    change('\u{a7cf}', '\u{a7cf}', "Ll", "Latin"),
    change('\u{a7d2}', '\u{a7d2}', "Lu", "Latin"),
    change('\u{a7d4}', '\u{a7d4}', "Lu", "Latin"),
    change('\u{a7f1}', '\u{a7f1}', "Lm", "Latin"),
    change('\u{fbc3}', '\u{fbd2}', "So", "Arabic"),
    change('\u{fd90}', '\u{fd91}', "So", "Arabic"),
    change('\u{fdc8}', '\u{fdce}', "So", "Arabic"),
    change('\u{10940}', '\u{10959}', "Lo", "Sidetic"),
    change('\u{10ec5}', '\u{10ec5}', "Lm", "Arabic"),
    change('\u{10ec6}', '\u{10ec7}', "Lo", "Arabic"),
    change('\u{10ed0}', '\u{10ed0}', "Po", "Arabic"),
    change('\u{10ed1}', '\u{10ed8}', "So", "Arabic"),
    change('\u{10efa}', '\u{10efb}', "Mn", "Arabic"),
    change('\u{11b60}', '\u{11b60}', "Mn", "Sharada"),
    change('\u{11b61}', '\u{11b61}', "Mc", "Sharada"),
    change('\u{11b62}', '\u{11b64}', "Mn", "Sharada"),
    change('\u{11b65}', '\u{11b65}', "Mc", "Sharada"),
    change('\u{11b66}', '\u{11b66}', "Mn", "Sharada"),
    change('\u{11b67}', '\u{11b67}', "Mc", "Sharada"),
    change('\u{11db0}', '\u{11dd8}', "Lo", "Tolong_Siki"),
    change('\u{11dd9}', '\u{11dd9}', "Lm", "Tolong_Siki"),
    change('\u{11dda}', '\u{11ddb}', "Lo", "Tolong_Siki"),
    change('\u{11de0}', '\u{11de9}', "Nd", "Tolong_Siki"),
    change('\u{16ea0}', '\u{16eb8}', "Lu", "Beria_Erfe"),
    change('\u{16ebb}', '\u{16ed3}', "Ll", "Beria_Erfe"),
    change('\u{16ff2}', '\u{16ff3}', "Lm", "Han"),
    change('\u{16ff4}', '\u{16ff6}', "Nl", "Han"),
    change('\u{187f8}', '\u{187ff}', "Lo", "Tangut"),
    change('\u{18d09}', '\u{18d1e}', "Lo", "Tangut"),
    change('\u{18d80}', '\u{18df2}', "Lo", "Tangut"),
    change('\u{1ccfa}', '\u{1ccfc}', "So", "Common"),
    change('\u{1ceba}', '\u{1ced0}', "So", "Common"),
    change('\u{1cee0}', '\u{1ceef}', "So", "Common"),
    change('\u{1cef0}', '\u{1cef0}', "Sm", "Common"),
    change('\u{1e6c0}', '\u{1e6de}', "Lo", "Tai_Yo"),
    change('\u{1e6e0}', '\u{1e6e2}', "Lo", "Tai_Yo"),
    change('\u{1e6e3}', '\u{1e6e3}', "Mn", "Tai_Yo"),
    change('\u{1e6e4}', '\u{1e6e5}', "Lo", "Tai_Yo"),
    change('\u{1e6e6}', '\u{1e6e6}', "Mn", "Tai_Yo"),
    change('\u{1e6e7}', '\u{1e6ed}', "Lo", "Tai_Yo"),
    change('\u{1e6ee}', '\u{1e6ef}', "Mn", "Tai_Yo"),
    change('\u{1e6f0}', '\u{1e6f4}', "Lo", "Tai_Yo"),
    change('\u{1e6f5}', '\u{1e6f5}', "Mn", "Tai_Yo"),
    change('\u{1e6fe}', '\u{1e6fe}', "Lo", "Tai_Yo"),
    change('\u{1e6ff}', '\u{1e6ff}', "Lm", "Tai_Yo"),
    change('\u{1f6d8}', '\u{1f6d8}', "So", "Common"),
    change('\u{1f777}', '\u{1f77a}', "So", "Common"),
    change('\u{1f8d0}', '\u{1f8d8}', "Sm", "Common"),
    change('\u{1fa54}', '\u{1fa57}', "So", "Common"),
    change('\u{1fa8a}', '\u{1fa8a}', "So", "Common"),
    change('\u{1fa8e}', '\u{1fa8e}', "So", "Common"),
    change('\u{1fac8}', '\u{1fac8}', "So", "Common"),
    change('\u{1facd}', '\u{1facd}', "So", "Common"),
    change('\u{1faea}', '\u{1faea}', "So", "Common"),
    change('\u{1faef}', '\u{1faef}', "So", "Common"),
    change('\u{1fbfa}', '\u{1fbfa}', "So", "Common"),
    change('\u{2b73a}', '\u{2b73f}', "Lo", "Han"),
    change('\u{2cea2}', '\u{2cead}', "Lo", "Han"),
    change('\u{323b0}', '\u{33479}', "Lo", "Han"),
];
