//! Names that only some files may use. Tokens are compared, so macros hide nothing and comments do not matter.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::{Offence, source::Source};

/// Tokens that only some files may hold.
pub struct Rule {
    /// Separated by spaces: `SystemTime : : now`.
    pub tokens: &'static str,
    pub why: &'static str,
    pub allows: fn(file: &str) -> bool,
}

/// No test is left out, no code is left unwritten.
pub const FINISHED: [Rule; 3] = [
    Rule { tokens: "# [ ignore", why: "every test runs", allows: |_| false },
    Rule { tokens: "todo !", why: "nothing is left to do", allows: |_| false },
    Rule { tokens: "unimplemented !", why: "nothing is left to do", allows: |_| false },
];

/// The places where a file breaks a rule.
pub fn check(source: &Source, rules: &[Rule]) -> Vec<Offence> {
    let mut tokens = Vec::new();
    flatten(source.text.parse().unwrap_or_default(), &mut tokens);
    let mut offences = Vec::new();
    for rule in rules.iter().filter(|rule| !(rule.allows)(&source.file)) {
        let wanted: Vec<_> = rule.tokens.split(' ').collect();
        let found =
            tokens.windows(wanted.len()).filter(|window| window.iter().zip(&wanted).all(|((token, _), wanted)| token == wanted));
        offences.extend(found.map(|window| Offence {
            file: source.file.clone(),
            line: window[0].1,
            what: format!("`{}`: {}", rule.tokens.replace(' ', ""), rule.why),
        }));
    }
    offences
}

fn flatten(stream: TokenStream, tokens: &mut Vec<(String, usize)>) {
    for token in stream {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push((open.to_owned(), line));
                flatten(group.stream(), tokens);
                tokens.push((close.to_owned(), line));
            }
            other => tokens.push((other.to_string(), line)),
        }
    }
}
