//! The report for people: a block for each frontend, then each cause with its remedy and its consequences, in 100 columns.

use std::fmt::{self, Write};

use crate::{
    Blanks, Cell, CookieSource, Examined, Finding, Judgement, Mistake, Remedy, Report,
    browsers::{Family, Relation},
    examine::CallFate,
};

const WIDTH: usize = 100;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} of {}, as browsers see it", self.method, self.path, self.api)?;
        if self.cookies_from == CookieSource::Probe {
            let mut found = self.frontends.iter().flat_map(|examined| &examined.findings);
            let incomplete = found.any(|finding| finding.mistake == Mistake::SignInIncomplete);
            let why = if incomplete { "is not complete" } else { "was refused" };
            let note = "so it set no session cookie. This is Bifrons: its probe cookie, which has the same attributes, was judged \
                        instead.";
            write!(f, "{}", wrapped("", "", &format!("The sign-in {why}, {note}")))?;
        }
        for examined in &self.frontends {
            write!(f, "\n{}", Block(examined))?;
        }
        let blanks = self.blanks();
        for (number, (remedy, affected)) in self.remedies().iter().enumerate() {
            write!(f, "\n{}", cause(number + 1, *remedy, affected))?;
            write!(f, "{}", self.how(*remedy, &blanks))?;
        }
        write!(f, "\n{}", self.conclusion())
    }
}

impl Report {
    /// What to write, for each server that it concerns.
    fn how(&self, remedy: Remedy, blanks: &Blanks) -> String {
        let mut text = wrapped("   → ", "     ", remedy.what());
        for (server, fix) in self.fixes(remedy) {
            text.push_str(&wrapped("     ", "     ", &format!("{} ({}), {}:", server.name, server.versions, fix.at)));
            for line in blanks.fill(fix.code.trim_end()).lines() {
                // Code is never torn.
                text.push_str(format!("         {line}").trim_end());
                text.push('\n');
            }
        }
        text
    }

    fn conclusion(&self) -> String {
        let warnings = self.frontends.iter().flat_map(|examined| &examined.findings).any(|finding| finding.mistake.is_warning());
        let verdict = match self.judgement() {
            Judgement::Works if warnings => "Signing in works from every frontend, in every browser; there are warnings.",
            Judgement::Works => "Signing in works from every frontend, in every browser.",
            Judgement::Limited => {
                "Signing in works as well as it can from another site: in every browser but Safari, which keeps no third-party cookies."
            }
            Judgement::Unknown => "Nothing is wrong so far, but something is not known: see above.",
            Judgement::Fails => "Signing in does not work everywhere.",
        };
        let mut text = wrapped("", "", verdict);
        if let (Some(code), true) = (self.condition(), self.judgement() < Judgement::Fails) {
            let seen = self.look.as_ref().filter(|look| look.calls.iter().any(|call| call.credentials == "include"));
            let whose = match seen {
                Some(look) => format!("The browser saw what the page calls: {look}. The condition of every page is"),
                None => "The doctor does not see the page's code. The condition of every page is".to_owned(),
            };
            let why = "credentials: \"include\" in every call, without which browsers neither store nor send the cookie:";
            text.push_str(&wrapped("", "", &format!("{whose} {why}")));
            for line in code {
                let _ = writeln!(text, "    {line}");
            }
        }
        if self.next.is_none() {
            let next = "Only the sign-in was judged: give --next PATH, a call that needs the session, to judge that too.";
            text.push_str(&wrapped("", "", next));
        }
        text
    }
}

/// What each browser does, for one frontend.
struct Block<'a>(&'a Examined);

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let examined = self.0;
        writeln!(f, "{} ({})", examined.frontend.as_str(), examined.relation)?;
        match (examined.sign_in.preflight, examined.relation) {
            (Some(status), _) => writeln!(f, "  preflight  {status}")?,
            (None, Relation::SameOrigin) => writeln!(f, "  preflight  none: page and API are one origin")?,
            (None, _) => writeln!(f, "  preflight  none: the call is a simple one")?,
        }
        write!(f, "{}", fate("  sign-in    ", &examined.sign_in))?;
        for cookie in &examined.cookies {
            write!(f, "{}", wrapped("  cookie     ", "             ", &cookie.to_string()))?;
        }
        if let Some(next) = &examined.next {
            write!(f, "{}", fate("  next call  ", next))?;
        }
        writeln!(f, "  {:37}  {:15}  sent", "", "stored")?;
        examined.cells.iter().try_for_each(|cell| row(f, cell, examined.cookies.len() > 1))
    }
}

fn fate(lead: &str, call: &CallFate) -> String {
    let fate = match (call.sent, call.readable) {
        (false, _) => "but browsers do not send it",
        (true, false) => "but the page may not read the answer",
        (true, true) => "and the page may read the answer",
    };
    let redirects = call.made.get(1..).filter(|further| !further.is_empty());
    let redirects = redirects.map(|further| format!(" after {}", further.join(", "))).unwrap_or_default();
    wrapped(lead, "             ", &format!("{}{redirects}, {fate}", call.status))
}

fn row(f: &mut fmt::Formatter<'_>, cell: &Cell, several: bool) -> fmt::Result {
    let word = |fact| match fact {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    };
    let stored = if cell.partitioned { "yes, partitioned" } else { word(cell.stored) };
    let name = cell.cookie.as_deref().filter(|_| several).map(|name| format!("{name} ")).unwrap_or_default();
    let why = cell.why.map_or("", crate::Mistake::code);
    let line = format!("  {:37}  {stored:16} {:5} {name}{why}", cell.family.to_string(), word(cell.sent));
    writeln!(f, "{}", line.trim_end())
}

/// What is wrong: mistakes with one remedy together, and below them what follows from them.
fn cause(number: usize, remedy: Remedy, affected: &[&Examined]) -> String {
    let mut text = String::new();
    let mut told = Vec::new();
    for examined in affected {
        let causes = examined.findings.iter().filter(|finding| finding.follows.is_none() && finding.mistake.remedy() == remedy);
        for finding in causes {
            if !told.contains(&finding.mistake) {
                let kind = if finding.mistake.is_warning() { "Warning: " } else { "" };
                let sentence = format!("{kind}{} ({})", finding.mistake.sentence(), finding.mistake.standard());
                let lead = if told.is_empty() { format!("{number}. ") } else { "   ".to_owned() };
                text.push_str(&wrapped(&lead, "   ", &sentence));
                told.push(finding.mistake);
            }
            text.push_str(&wrapped("   · ", "     ", &place(examined, finding)));
        }
        for finding in examined.findings.iter().filter(|finding| finding.follows.is_some_and(|cause| told.contains(&cause))) {
            text.push_str(&wrapped("     so also ", "             ", &place(examined, finding)));
        }
    }
    text
}

/// Code, frontend, evidence, and the browsers if it does not affect all.
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
        assert_eq!(wrapped("", "", &"x".repeat(120)).trim_end().len(), 120, "a word stays whole");
    }
}
