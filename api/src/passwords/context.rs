//! Passwords of little more than words that an attacker knows: the e-mail address, the product, its host.

use zeroize::Zeroizing;

/// A password without these words must still have this many letters and digits.
pub(super) const MIN_REST: usize = 5;

/// Shorter words are in too many passwords by chance.
const MIN_WORD: usize = 3;

/// Whether the texts, or the words in them, make up most of a password.
pub(super) fn is_most_of(lowercase: &str, texts: &[&str]) -> bool {
    let mut words: Vec<_> = texts.iter().map(|text| text.to_lowercase()).collect();
    words.extend(words.clone().iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(str::to_owned));
    words.retain(|word| word.chars().count() >= MIN_WORD);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = Zeroizing::new(lowercase.to_owned());
    for word in &words {
        left = Zeroizing::new(left.replace(word.as_str(), ""));
    }
    left.len() < lowercase.len() && left.chars().filter(|c| c.is_alphanumeric()).count() < MIN_REST
}

#[cfg(test)]
mod tests {
    use super::is_most_of;

    #[test]
    fn a_password_with_none_of_the_words_is_not_made_of_them() {
        let texts = ["ada@example.com", "Bifrons"];
        for (password, expected) in
            [("ada@example.com1!", true), ("bifrons-1234", true), ("bifrons-12345", false), ("?!?!?!?!?!", false)]
        {
            assert_eq!(is_most_of(password, &texts), expected, "{password}");
        }
    }
}
