//! The groups of operations.

use poem_openapi::Tags;

/// What operations are about.
#[derive(Tags)]
pub(in crate::http) enum Tag {
    /// Signing in and out, and the session that a request belongs to.
    Session,
    /// Refreshing and revoking the tokens of mode `token`.
    Tokens,
    /// Signing up.
    Users,
    /// The address of a user: confirming, changing, undoing.
    Email,
    /// A forgotten password.
    Password,
    /// The account of the current user.
    Me,
    /// What a frontend asks before it shows its forms.
    Configuration,
    /// For proxies in front of other services.
    Verify,
    /// Finding out why a browser does not store the session cookie.
    Probe,
}
