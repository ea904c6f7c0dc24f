//! A document of the repository: its samples, its links, and the parts that are generated from the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub struct Document {
    /// The path from the root of the repository.
    pub name: String,
    pub text: String,
}

/// One fenced block.
pub struct Block<'a> {
    pub language: &'a str,
    pub text: &'a str,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Document {
    pub fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    /// All documents of the service. The clients have their own.
    pub fn all() -> Vec<Self> {
        let mut names = Vec::new();
        for folder in ["", "docs/", "docs/decisions/"] {
            for entry in fs::read_dir(root().join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                    names.push(format!("{folder}{name}"));
                }
            }
        }
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// Checks that the part between `<!-- begin PART -->` and `<!-- end PART -->` is `content`. With `UPDATE_DOCS`, writes it.
    pub fn holds(&self, part: &str, content: &str) {
        let [begin, end] = ["begin", "end"].map(|which| format!("<!-- {which} {part} -->\n"));
        let (before, rest) = self.text.split_once(&begin).unwrap_or_else(|| panic!("{} lacks {begin}", self.name));
        let (written, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{} lacks {end}", self.name));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(root().join(&self.name), format!("{before}{begin}{content}{end}{after}")).unwrap();
            return;
        }
        assert!(written == content, "{}: part {part} differs from the code. Run `make docs`. It must be:\n{content}", self.name);
    }

    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut rest = self.text.as_str();
        while let Some((_, from)) = rest.split_once("\n```") {
            let (language, from) = from.split_once('\n').unwrap();
            let (text, after) = from.split_once("```").unwrap_or_else(|| panic!("{}: a block does not end", self.name));
            blocks.push(Block { language, text });
            rest = after;
        }
        blocks
    }

    /// The text outside of blocks.
    pub fn prose(&self) -> String {
        self.text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
    }

    /// Targets of links.
    pub fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1).filter_map(|from| from.split_once(')'));
        targets.map(|(target, _)| target.to_owned()).collect()
    }

    /// The file that a link of this document names.
    pub fn neighbour(&self, target: &str) -> PathBuf {
        root().join(&self.name).with_file_name("").join(target)
    }

    /// The anchors that GitHub gives the headings.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
