//! What the rules for names, e-mail addresses and passwords need to know of Unicode.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{BinaryProperty, Dash, DefaultIgnorableCodePoint, GraphemeExtend, NoncharacterCodePoint};

pub(crate) const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

/// Normalization form C (UAX 15).
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    NFC.normalize(text)
}

/// Whether a character belongs to the letter before it: an accent, the sign of a vowel.
pub(crate) fn is_extender(c: char) -> bool {
    GraphemeExtend::for_char(c)
}

/// Whether a character separates the groups of a code: white space, or a hyphen or dash of any kind.
pub(crate) fn is_separator(c: char) -> bool {
    c.is_whitespace() || Dash::for_char(c)
}

/// Whether a character has no glyph of its own: two texts that differ only in such characters look the same.
pub(crate) fn is_invisible(c: char) -> bool {
    DefaultIgnorableCodePoint::for_char(c)
        || NoncharacterCodePoint::for_char(c)
        // Separators, the braille blank, interlinear annotations.
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{FFF9}'..='\u{FFFB}')
}
