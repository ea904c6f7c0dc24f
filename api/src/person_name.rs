//! Names of persons, in the spelling of any language.

use icu_properties::props::{
    BinaryProperty, CanonicalCombiningClass, Emoji, EmojiModifier, EnumeratedProperty, ExtendedPictographic, Ideographic,
    JoiningType, Script,
};

use crate::unicode::is_invisible;

/// The most code points of a name.
pub const MAX_LENGTH: usize = 100;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';

/// What a name must be.
pub const RULE: &str =
    "must have 1 to 100 characters, one of them visible, and none that hides itself or reorders the text around it";

/// Whether a name has at most [`MAX_LENGTH`] characters, at least one visible one, and none that hides itself or reorders the text around
/// it. Joiners and variation selectors are accepted where the spelling of a language or an emoji needs them.
pub fn is_valid(name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    name.len() <= MAX_LENGTH
        && name.iter().any(|c| !c.is_whitespace() && !is_invisible(*c))
        && name.iter().enumerate().all(|(at, c)| !c.is_control() && (!is_invisible(*c) || is_needed(&name, at)))
}

/// Whether an invisible character changes how its neighbours look.
fn is_needed(name: &[char], at: usize) -> bool {
    let (before, after) = (&name[..at], &name[at + 1..]);
    let (previous, next) = (before.last().copied(), after.first().copied());
    match name[at] {
        ZWNJ => is_virama(previous) || breaks_cursive(before, after),
        ZWJ => is_virama(previous) || precedes_virama(previous, next) || joins_emoji(before, next),
        '\u{FE0E}' | EMOJI_STYLE => selects_emoji_style(previous, next),
        '\u{FE00}'..='\u{FE02}' => previous.is_some_and(|c| Ideographic::for_char(c) || has_standardized_variants(c)),
        '\u{E0100}'..='\u{E01EF}' => previous.is_some_and(Ideographic::for_char),
        '\u{180B}'..='\u{180D}' | '\u{180F}' => is_mongolian(previous),
        '\u{180E}' => is_mongolian(previous) && is_mongolian(next),
        '\u{E0020}'..='\u{E007F}' => is_in_flag(name, at),
        _ => false,
    }
}

/// RFC 5892, appendices A.1 and A.2.
fn is_virama(c: Option<char>) -> bool {
    c.is_some_and(|c| CanonicalCombiningClass::for_char(c) == CanonicalCombiningClass::Virama)
}

/// Bengali, Kannada and others write a consonant, ZWJ and a virama to choose the form of the conjunct (The Unicode Standard, chapter 12).
fn precedes_virama(previous: Option<char>, next: Option<char>) -> bool {
    let same_script = previous.zip(next).is_some_and(|(a, b)| a.is_alphabetic() && Script::for_char(a) == Script::for_char(b));
    same_script && is_virama(next)
}

/// RFC 5892, appendix A.1: between two letters that would be joined.
fn breaks_cursive(before: &[char], after: &[char]) -> bool {
    fn joining<'a>(mut chars: impl Iterator<Item = &'a char>) -> Option<JoiningType> {
        chars.by_ref().map(|c| JoiningType::for_char(*c)).find(|kind| *kind != JoiningType::Transparent)
    }
    let joins_next = matches!(joining(before.iter().rev()), Some(JoiningType::LeftJoining | JoiningType::DualJoining));
    joins_next && matches!(joining(after.iter()), Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// UTS 51, ED-16.
fn joins_emoji(before: &[char], next: Option<char>) -> bool {
    let base = before.iter().rev().find(|c| **c != EMOJI_STYLE && !EmojiModifier::for_char(**c));
    base.is_some_and(|c| ExtendedPictographic::for_char(*c)) && next.is_some_and(ExtendedPictographic::for_char)
}

/// UTS 51, ED-9a; digits only in keycaps (ED-14c).
fn selects_emoji_style(previous: Option<char>, next: Option<char>) -> bool {
    previous.is_some_and(|c| Emoji::for_char(c) && (!c.is_ascii() || next == Some('\u{20E3}')))
}

/// Scripts besides ideographs with standardized variation sequences of letters.
fn has_standardized_variants(c: char) -> bool {
    c.is_alphabetic() && matches!(Script::for_char(c), Script::Myanmar | Script::PhagsPa | Script::Manichaean)
}

fn is_mongolian(c: Option<char>) -> bool {
    c.is_some_and(|c| Script::for_char(c) == Script::Mongolian && c.is_alphabetic())
}

/// The flag of a subdivision (UTS 51, ED-14a): a black flag, three to six tags, a final tag. Tags elsewhere could carry hidden text.
fn is_in_flag(name: &[char], at: usize) -> bool {
    let is_code = |c: &&char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let begin = at - name[..at].iter().rev().take_while(is_code).count();
    let code = name[begin..].iter().take_while(is_code).count();
    begin > 0
        && name[begin - 1] == '\u{1F3F4}'
        && (3..=6).contains(&code)
        && at <= begin + code
        && name.get(begin + code) == Some(&'\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn ordinary_spellings_are_valid() {
        for (spelling, name) in [
            ("Latin", "Ada  Lovelace-O\u{2019}Neill"),
            ("combining marks", "e\u{301}"),
            ("Persian", "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}"),
            ("Persian with a mark", "\u{628}\u{650}\u{200c}\u{64e}\u{628}"),
            ("Hindi", "\u{915}\u{94d}\u{200d}\u{937}\u{92e}\u{93e}"),
            ("Tamil", "\u{b95}\u{bcd}\u{200c}\u{bb7}"),
            ("Sinhala", "\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}"),
            ("Malayalam", "\u{d05}\u{d35}\u{d28}\u{d4d}\u{200d}"),
            ("Bengali", "\u{9b0}\u{200d}\u{9cd}\u{9af}\u{9be}"),
            ("Kannada", "\u{cb0}\u{200d}\u{ccd}\u{caf}"),
            ("Mongolian vowel separator", "\u{1830}\u{1820}\u{1837}\u{180e}\u{1820}"),
            ("Mongolian variation", "\u{182d}\u{180d}\u{1820}"),
            ("Japanese variation", "\u{845b}\u{e0100}"),
            ("compatibility variation", "\u{585a}\u{fe00}"),
            ("Khamti", "\u{1000}\u{fe00}"),
            (
                "emoji",
                "\u{1f469}\u{1f3fd}\u{200d}\u{1f680} \u{2764}\u{fe0f}\u{200d}\u{1f525} \u{1f441}\u{fe0f}\u{200d}\u{1f5e8}\u{fe0f}",
            ),
            ("keycap", "1\u{fe0f}\u{20e3}"),
            ("flag", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"),
            ("longest", &"\u{1f40e}".repeat(100)),
        ] {
            assert!(is_valid(name), "{spelling}: {name:?}");
        }
    }

    #[test]
    fn hidden_and_reordering_characters_are_invalid() {
        for name in [
            "",
            " \u{3000}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{3164}",
            "\u{2800}",
            "Ada\n",
            "Ada\u{202e}nimda",
            "Ada\u{2067}nimda",
            "Ada\u{200f}",
            "A\u{ad}da",
            "A\u{200b}da",
            "A\u{200d}da",
            "A\u{200c}da",
            "Ada\u{200c}",
            "\u{200c}\u{628}",
            "\u{628}\u{200c}",
            "\u{627}\u{200c}\u{628}",
            "\u{628}\u{200d}\u{628}",
            "\u{9b0}\u{200d}\u{ccd}",
            "Ada\u{fe0f}",
            "7\u{fe0f}",
            "Ada\u{fe00}",
            "Ada\u{e0100}",
            "A\u{180b}",
            "\u{1837}\u{180e}",
            "\u{1f469}\u{200d}",
            "\u{1f469}\u{200d}a",
            "a\u{200d}\u{1f469}",
            "\u{1f469}\u{200d}\u{200d}\u{1f4bb}",
            "Ada\u{e0067}\u{e0062}\u{e0073}\u{e007f}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}",
            "\u{1f3f4}\u{e0067}\u{e007f}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e0061}\u{e0062}\u{e007f}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e007f}\u{e007f}",
            "\u{fffe}",
            "Ada\u{fdd0}",
            &"a".repeat(101),
        ] {
            assert!(!is_valid(name), "{name:?}");
        }
    }
}
