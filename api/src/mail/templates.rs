//! The texts of the mails: built in, and replaced file by file by the operator's own.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, value::Serde};
use serde_json::Value;

use super::{template_error::TemplateError, template_files};

/// Sample values for each mail, with which every text is rendered at the start.
const SAMPLES: &str = "SAMPLES.json";

/// The language that every mail has a text in.
const FALLBACK: &str = "en";

/// The parts of a mail.
const PARTS: [&str; 3] = ["subject", "txt", "html"];

/// The texts, in all languages.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    locales: BTreeSet<String>,
    samples: BTreeMap<String, Value>,
}

/// A mail in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub txt: String,
    /// The same as HTML.
    pub html: String,
}

/// Whom a mail is for, and from whom.
#[derive(Clone, Copy, Debug)]
pub struct Addressing<'a> {
    /// What the mail calls the product.
    pub product: &'a str,
    /// The address of the reader.
    pub address: &'a str,
}

impl Templates {
    /// Reads the texts that are built in and, if given, those of the operator. Renders each with sample values: a broken one is found
    /// at the start, and not when its mail is due.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut sources = template_files::built_in();
        let samples = sources.remove(SAMPLES).and_then(|samples| serde_json::from_str(&samples).ok()).unwrap_or_default();
        let names: BTreeSet<_> = sources.keys().map(|name| name.rsplit('/').next().unwrap_or_default().to_owned()).collect();
        if let Some(folder) = folder {
            template_files::overrides(folder, &names, &mut sources)?;
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
            Some("html") => AutoEscape::Html,
            _ => AutoEscape::None,
        });
        let locales = sources.keys().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
        for (name, source) in sources {
            environment.add_template_owned(name, source)?;
        }
        let templates = Self { environment, locales, samples };
        templates.check()?;
        Ok(templates)
    }

    /// Renders a mail. A text that a language lacks is taken from English.
    pub fn render(&self, kind: &str, values: &Value, locale: &str, addressing: Addressing<'_>) -> Result<Text, TemplateError> {
        let locale = self.best(locale);
        let mut given = values.as_object().cloned().unwrap_or_default();
        for (name, value) in [("locale", locale), ("product", addressing.product), ("address", addressing.address)] {
            given.insert(name.to_owned(), value.into());
        }
        let render = |part: &str| {
            let own = self.environment.get_template(&format!("{locale}/{kind}.{part}"));
            let template = own.or_else(|_| self.environment.get_template(&format!("{FALLBACK}/{kind}.{part}")))?;
            template.render(Serde(&given))
        };
        let [subject, txt, html] = PARTS.map(render);
        let subject = subject?.trim().to_owned();
        if subject.is_empty() || subject.chars().any(char::is_control) {
            return Err(TemplateError::Subject(format!("{locale}/{kind}.subject")));
        }
        Ok(Text { subject, txt: txt?, html: html? })
    }

    /// The language among those that there are texts in: the same, the same without its region, or English.
    pub fn best(&self, asked: &str) -> &str {
        let of = |tag: &str| self.locales.iter().find(|known| known.eq_ignore_ascii_case(tag));
        let language = asked.split('-').next().unwrap_or_default();
        of(asked).or_else(|| of(language)).map_or(FALLBACK, String::as_str)
    }

    /// The first language of an `Accept-Language` header (RFC 9110 section 12.5.4) that there are texts in.
    pub fn accepted(&self, header: &str) -> Option<&str> {
        let mut ranges: Vec<(&str, u32)> = header
            .split(',')
            .filter_map(|range| {
                let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
                let weight = weight.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a weight is from 0 to 1")]
                Some((tag.trim(), (weight.clamp(0.0, 1.0) * 1000.0) as u32))
            })
            .filter(|(_, weight)| *weight > 0)
            .take(16)
            .collect();
        ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        let known = |tag: &str| {
            let best = self.best(tag);
            best.split('-')
                .next()
                .is_some_and(|language| tag.split('-').next().is_some_and(|asked| asked.eq_ignore_ascii_case(language)))
        };
        ranges.into_iter().find(|(tag, _)| known(tag)).map(|(tag, _)| self.best(tag))
    }

    /// The texts that are built in, as templates: the name of the file, and the text.
    pub fn sources() -> impl Iterator<Item = (String, String)> {
        template_files::built_in().into_iter().filter(|(name, _)| name != SAMPLES)
    }

    /// Every mail in every language with sample values: the name of the file without its ending, and the text.
    pub fn preview(&self, product: &str) -> Result<Vec<(String, Text)>, TemplateError> {
        let addressing = Addressing { product, address: "ada@example.com" };
        let mails = self.locales.iter().flat_map(|locale| self.samples.iter().map(move |(kind, values)| (locale, kind, values)));
        mails
            .map(|(locale, kind, values)| Ok((format!("{locale}/{kind}"), self.render(kind, values, locale, addressing)?)))
            .collect()
    }

    /// The names of all mails.
    #[cfg(test)]
    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.samples.keys().map(String::as_str)
    }

    fn check(&self) -> Result<(), TemplateError> {
        let addressing = Addressing { product: "Example", address: "ada@example.com" };
        for (kind, values) in &self.samples {
            for locale in &self.locales {
                for values in [with_token(values, true), with_token(values, false)] {
                    let text = self.render(kind, &values, locale, addressing)?;
                    let has_token = values.to_string().contains(TOKEN);
                    for (part, text) in [("txt", text.txt), ("html", text.html)] {
                        if has_token && !text.contains(TOKEN) {
                            return Err(TemplateError::Link(format!("{locale}/{kind}.{part}")));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// No sample has this token: a text that shows it takes it from the values.
const TOKEN: &str = "bfo_checked_at_the_start";

/// The values of a deployment with pages, or without: then there is the token instead of the link.
fn with_token(values: &Value, has_pages: bool) -> Value {
    let mut values = values.clone();
    if let Some(fields) = values.as_object_mut() {
        for (link, token) in [("link", "token"), ("not_me_link", "not_me_token")] {
            if fields.contains_key(link) {
                let shown = format!("https://app.example.com/page#{TOKEN}");
                fields.insert(link.to_owned(), if has_pages { shown.into() } else { Value::Null });
                fields.insert(token.to_owned(), if has_pages { Value::Null } else { TOKEN.into() });
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::{Addressing, TemplateError, Templates};

    const ADDRESSING: Addressing<'static> = Addressing { product: "Example", address: "ada@example.com" };

    #[test]
    fn every_mail_has_a_text_in_three_languages() {
        let templates = Templates::load(None).unwrap();
        assert_eq!(templates.locales.iter().collect::<Vec<_>>(), ["de", "en", "ko"]);
        let previews = templates.preview("Example").unwrap();
        assert_eq!(previews.len(), 3 * templates.samples.len());
        for (name, text) in previews {
            assert!(text.html.contains("<html lang=\"") && !text.html.contains("http://"), "{name}");
            for remote in ["<img", "<script", "<link", "url("] {
                assert!(!text.html.contains(remote), "{name} loads {remote}");
            }
        }
    }

    #[test]
    fn values_are_escaped_in_html_alone() {
        let templates = Templates::load(None).unwrap();
        let values = json!({ "time": "<b>now</b>" });
        let text = templates.render("test", &values, "en", ADDRESSING).unwrap();
        assert!(text.txt.contains("<b>now</b>") && !text.html.contains("<b>now</b>"));
    }

    #[test]
    fn the_language_is_the_best_one_that_there_is() {
        let templates = Templates::load(None).unwrap();
        for (asked, best) in [("ko", "ko"), ("ko-KR", "ko"), ("DE-at", "de"), ("fr", "en"), ("", "en")] {
            assert_eq!(templates.best(asked), best, "{asked}");
        }
        for (header, accepted) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", Some("ko")),
            ("fr, de;q=0.7, en;q=0.9", Some("en")),
            ("fr;q=0.9, de;q=0.1", Some("de")),
            ("de;q=0, fr", None),
            ("*", None),
            ("de;q=x, ;;;, en;q=NaN", None),
            ("", None),
        ] {
            assert_eq!(templates.accepted(header), accepted, "{header}");
        }
    }

    #[test]
    fn an_operator_replaces_texts_file_by_file_and_adds_languages() {
        let folder = tempfile::tempdir().unwrap();
        for locale in ["en", "fr"] {
            fs::create_dir(folder.path().join(locale)).unwrap();
            fs::write(folder.path().join(locale).join("test.subject"), format!("{locale}: {{{{ product }}}}\n")).unwrap();
        }
        let templates = Templates::load(Some(folder.path())).unwrap();
        let subject = |locale| templates.render("test", &json!({ "time": "now" }), locale, ADDRESSING).unwrap().subject;
        assert_eq!([subject("en"), subject("fr-CA")], ["en: Example", "fr: Example"]);
        assert_ne!(subject("de"), "en: Example");
    }

    #[test]
    fn a_broken_text_is_refused_at_the_start() {
        let refused = |name: &str, text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            Templates::load(Some(folder.path())).map(drop).unwrap_err()
        };
        for broken in ["{{ product", "{{ no_such_value }}", "{% include 'nowhere' %}"] {
            let error = refused("en/test.txt", broken);
            assert!(matches!(error, TemplateError::Broken(_)) && error.to_string().contains("en/test.txt"), "{error}");
        }
        assert!(matches!(refused("en/test.subject", "two\nlines"), TemplateError::Subject(_)));
        assert!(matches!(refused("en/test.subject", " "), TemplateError::Subject(_)));
        assert!(matches!(refused("en/tset.txt", ""), TemplateError::Unknown(_)));
        assert!(matches!(refused("en/more/test.txt", ""), TemplateError::Unknown(_)));
        // What `bifrons mail preview` writes is a mail, with a link that does nothing.
        let preview = Templates::load(None).unwrap().preview("Example").unwrap();
        for (name, text) in preview.into_iter().filter(|(_, text)| text.txt.contains("bfo_")) {
            for (part, text) in [("txt", text.txt), ("html", text.html)] {
                let error = refused(&format!("{name}.{part}"), &text);
                assert!(matches!(&error, TemplateError::Link(file) if *file == format!("{name}.{part}")), "{error}");
            }
        }
        assert!(matches!(Templates::load(Some("no/such/folder".as_ref())), Err(TemplateError::File(..))));
    }

    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret"), "secret").unwrap();
        fs::create_dir(folder.path().join("en")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("en/test.txt")).unwrap();
        assert!(matches!(Templates::load(Some(folder.path())), Err(TemplateError::Outside(_))));
    }
}
