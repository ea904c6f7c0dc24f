//! Reads the mails that the service sent. Its file transport writes one file for each.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use mail_parser::MessageParser;
use poem_openapi::Object;

/// The prefix of every one-time token.
const TOKEN: &str = "bfo_";

/// How often the folder is read while a test waits for a mail.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A mail that was delivered.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct Mail {
    to: String,
    subject: String,
    /// The plain text.
    text: String,
    /// The same as HTML.
    html: Option<String>,
    /// The link to a page of the frontend, if one is configured under `pages`.
    link: Option<String>,
    /// The one-time token, if the mail carries one.
    token: Option<String>,
}

/// The mails to an address, or all, oldest first.
pub(crate) fn read(folder: &Path, to: Option<&str>) -> io::Result<Vec<Mail>> {
    let mails = files(folder)?.iter().map(|path| fs::read(path).map(|mail| parse(&mail))).collect::<io::Result<Vec<_>>>()?;
    Ok(mails.into_iter().flatten().filter(|mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to))).collect())
}

/// The newest mail to an address, once there are more than `after`; `None` if they do not arrive in time.
pub(crate) async fn wait(folder: &Path, to: &str, after: usize, within: Duration) -> io::Result<Option<Mail>> {
    let looking = async {
        loop {
            let mails = read(folder, Some(to))?;
            if mails.len() > after {
                return Ok(mails.into_iter().next_back());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(within, looking).await.unwrap_or(Ok(None))
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        // The service has not sent a mail yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    // The names are ids, which sort by age.
    files.sort();
    Ok(files)
}

fn parse(mail: &[u8]) -> Option<Mail> {
    let mail = MessageParser::new().parse(mail)?;
    let text = mail.body_text(0)?.into_owned();
    let link = text.split_whitespace().find(|word| word.starts_with("http") && word.contains(TOKEN)).map(str::to_owned);
    let token = text.split_once(TOKEN).map(|(_, rest)| {
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        format!("{TOKEN}{}", &rest[..end])
    });
    Some(Mail {
        to: mail.to()?.first()?.address()?.to_owned(),
        subject: mail.subject()?.to_owned(),
        html: mail.body_html(0).map(std::borrow::Cow::into_owned),
        text,
        link,
        token,
    })
}
