//! The report for people: a block a frontend, then what is wrong and what to change, each once, in 100 columns.

use std::fmt::{self, Write};

use super::{Cell, CookieSource, Examined, Finding, Remedy, Report, Server, report::fill};
use crate::browsers::{Family, Relation};

/// As wide as it gets.
const WIDTH: usize = 100;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {}, as browsers see it", self.call, self.api)?;
        if self.cookies_from == CookieSource::Probe {
            let note = "Nobody was signed in, so no session cookie was set. This is Bifrons: its probe cookie, which has the same \
                        attributes, was judged instead.";
            write!(f, "{}", wrapped("", "", note))?;
        }
        for examined in &self.frontends {
            write!(f, "\n{}", Block(examined))?;
        }
        let remedies = self.remedies();
        for (number, (remedy, patients)) in remedies.iter().enumerate() {
            write!(f, "\n{}", problem(number + 1, *remedy, patients, self.is_bifrons()))?;
        }
        let verdict = match (self.works(), remedies.is_empty()) {
            (true, true) => "Signing in works from every frontend, in every browser.",
            (true, false) => "Signing in works from every frontend, in every browser; there are warnings.",
            (false, _) => "Signing in does not work everywhere.",
        };
        writeln!(f, "\n{verdict}")
    }
}

/// What each browser does, for one frontend.
struct Block<'a>(&'a Examined);

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let examined = self.0;
        writeln!(f, "{} ({})", examined.frontend.as_str(), examined.relation)?;
        match (examined.preflight, examined.relation) {
            (Some(status), _) => writeln!(f, "  preflight  {status}")?,
            (None, Relation::SameOrigin) => writeln!(f, "  preflight  none: page and API are one origin")?,
            (None, _) => writeln!(f, "  preflight  none: the call is a simple one")?,
        }
        let fate = match (examined.sent, examined.readable) {
            (false, _) => "but browsers do not send it",
            (true, false) => "but the page may not read the answer",
            (true, true) => "and the page may read the answer",
        };
        writeln!(f, "  sign-in    {}, {fate}", examined.sign_in)?;
        for cookie in &examined.cookies {
            write!(f, "{}", wrapped("  cookie     ", "             ", &cookie.to_string()))?;
        }
        writeln!(f, "  {:37}  {:15}  sent", "", "stored")?;
        examined.cells.iter().try_for_each(|cell| row(f, cell, examined.cookies.len() > 1))
    }
}

fn row(f: &mut fmt::Formatter<'_>, cell: &Cell, several: bool) -> fmt::Result {
    let word = |fact| match fact {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    };
    let stored = if cell.partitioned { "yes, partitioned" } else { word(cell.stored) };
    let name = cell.cookie.as_deref().filter(|_| several).map(|name| format!("{name} ")).unwrap_or_default();
    let why = cell.why.map_or("", super::Mistake::code);
    let line = format!("  {:37}  {stored:16} {:5} {name}{why}", cell.family.to_string(), word(cell.sent));
    writeln!(f, "{}", line.trim_end())
}

/// What is wrong, and what to change: mistakes with one remedy together.
fn problem(number: usize, remedy: Remedy, patients: &[&Examined], ours: bool) -> String {
    let mut text = String::new();
    let mut told = Vec::new();
    for examined in patients {
        for finding in examined.findings.iter().filter(|finding| finding.mistake.remedy() == remedy) {
            if !told.contains(&finding.mistake) {
                let kind = if finding.mistake.is_warning() { "Warning: " } else { "" };
                let sentence = format!("{kind}{} ({})", finding.mistake.sentence(), finding.mistake.standard());
                let lead = if told.is_empty() { format!("{number}. ") } else { "   ".to_owned() };
                text.push_str(&wrapped(&lead, "   ", &sentence));
                told.push(finding.mistake);
            }
            text.push_str(&wrapped("   · ", "     ", &place(examined, finding)));
        }
    }
    let fix = remedy.fix();
    text.push_str(&wrapped("   → ", "     ", fix.what));
    // What others would write is of no use to somebody who runs Bifrons.
    for (server, how) in fix.how.iter().filter(|(server, _)| !ours || *server == Server::Bifrons) {
        text.push_str(&wrapped(&format!("     {:8} ", server.name()), &" ".repeat(14), &fill(how, patients)));
    }
    text
}

/// Where it shows: code, frontend, evidence, and the browsers if not all.
fn place(examined: &Examined, finding: &Finding) -> String {
    let mut place = format!("{}, {}: {}", finding.mistake.code(), examined.frontend.as_str(), finding.evidence);
    if finding.families.len() < Family::ALL.len() {
        let families: Vec<_> = finding.families.iter().map(|family| family.code()).collect();
        // Writing to a string cannot fail.
        let _ = write!(place, " ({})", families.join(", "));
    }
    place
}

/// Breaks a text at blanks.
fn wrapped(first: &str, further: &str, text: &str) -> String {
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut fresh = true;
    for word in text.split_whitespace() {
        let blank = usize::from(!fresh);
        if !fresh && line.chars().count() + blank + word.chars().count() > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            further.clone_into(&mut line);
        } else if !fresh {
            line.push(' ');
        }
        line.push_str(word);
        fresh = false;
    }
    lines + line.trim_end() + "\n"
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, wrapped};

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrapped("1. ", "   ", "one two"), "1. one two\n");
        let long = wrapped("1. ", "   ", &"word ".repeat(50));
        assert!(long.lines().count() == 3 && long.lines().all(|line| line.len() <= WIDTH), "{long}");
        assert!(long.lines().nth(1).unwrap().starts_with("   word"));
        assert_eq!(wrapped("", "", &"x".repeat(120)).trim_end().len(), 120, "a word is never torn");
    }
}
