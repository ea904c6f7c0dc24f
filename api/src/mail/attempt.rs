//! What an attempt to deliver a mail can result in.

use std::borrow::Cow;

/// Why a mail was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// This mail may be delivered later: 4xx, or no answer about it.
    #[error("{0}")]
    Deferred(Cow<'static, str>),
    /// This mail will never be delivered: 5xx.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// No mail can be delivered now: no connection, no encryption, wrong credentials, or a folder that cannot be written to.
    #[error("{0}")]
    Stopped(Cow<'static, str>),
}
