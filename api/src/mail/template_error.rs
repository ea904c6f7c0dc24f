//! Why a text of a mail cannot be used.

use std::path::PathBuf;

/// Why a text cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The folder or a file in it cannot be read.
    #[error("mail.templates: {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A link leads out of the folder.
    #[error("mail.templates: {0} is a link to a file outside the folder; copy the file into it")]
    Outside(PathBuf),
    /// No mail has this name.
    #[error("mail.templates: {0} is the text of no mail; the names are those that `bifrons mail preview --templates` writes")]
    Unknown(String),
    /// The text cannot be rendered.
    #[error("mail.templates: {0}")]
    Broken(#[from] minijinja::Error),
    /// The text does not show what the mail is for.
    #[error(
        "mail.templates: {0} shows neither the link nor the token of the mail. Files that `bifrons mail preview` writes are samples: \
         change what `bifrons mail preview --templates` writes"
    )]
    Link(String),
    /// The subject is empty or has several lines.
    #[error("mail.templates: {0} must be one line")]
    Subject(String),
}
