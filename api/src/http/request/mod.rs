//! Reading requests.

pub(super) mod body;
pub(super) mod credentials;
mod email_field;
pub(super) mod json_object;
mod media_type;
mod password_field;
mod precedence;
mod requester;
mod schema;
mod strict_json;

use std::sync::Arc;

use poem::web::Data;
pub(super) use requester::address;
pub use requester::forwarded_address;
pub use strict_json::parse as parse_strict_json;

use crate::state::AppState;

/// The argument by which an operation gets the state.
pub(super) type State<'a> = Data<&'a Arc<AppState>>;
