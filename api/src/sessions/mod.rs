//! Sessions: one record a sign-in, in either mode.
//!
//! What always holds:
//! - SQL is the truth. A session is valid as long as its row says so; every copy of the row follows it (`session_cache`).
//! - Every change that a verification must see raises a version, and `AppState::write` announces it.
//! - An ended session stays ended: every write to it demands `ended_at IS NULL`, so that a slow request cannot revive it.
//! - Authenticating again (re-authentication, a new password) replaces the session's secret: credentials from before become invalid.

mod authenticate;
mod candidates;
mod changes;
mod complete_sign_in;
mod end;
mod end_before;
mod established;
mod expired;
mod lifetime;
mod list;
mod open;
mod read;
mod reauthenticate;
mod reauthenticate_with_passkey;
mod refresh;
mod renew;
mod sign_in;
mod sign_in_with_passkey;
pub(crate) mod store;
mod touch;

pub use authenticate::{AuthenticateError, by_access_token, by_cookie};
pub use candidates::{Choice, choose_challenge, choose_cookie, choose_refresh_token};
pub use changes::{follow_changes, make_mark, poll_changes};
pub use complete_sign_in::{CompleteSignIn, CompleteSignInError, complete_sign_in, complete_sign_in_with_passkey};
pub use end::{EndOthersError, EndSessionError, PresentedCredential, end_all, end_one, end_others, sessions_of};
pub use end_before::end_before;
pub use established::{Credential, Established};
pub use expired::record_expired;
pub use lifetime::{Expiry, expiry, is_fresh};
pub(crate) use list::count;
pub use list::list;
pub use open::{Delivery, OpenError, Opening, open};
pub use read::read_again;
pub use reauthenticate::{ReauthenticateError, reauthenticate};
pub use reauthenticate_with_passkey::{PasskeyReauthenticateError, reauthenticate_with_passkey};
pub use refresh::{RefreshError, refresh};
pub(crate) use renew::Renewal;
pub use sign_in::{SignIn, SignInError, SignedIn, sign_in};
pub use sign_in_with_passkey::{PasskeySignIn, PasskeySignInError, sign_in_with_passkey};
