//! Reading requests.

pub(super) mod admin;
pub(super) mod body;
pub(super) mod cookie_parameter;
pub(super) mod credentials;
mod email_field;
pub(super) mod if_match;
pub(super) mod json_object;
mod media_type;
pub(super) mod page;
pub(super) mod parameter_types;
mod password_field;
pub(super) mod patterns;
mod precedence;
pub(super) mod query;
mod requester;
pub(super) mod schema;
mod strict_json;
pub(super) mod text_field;
pub(super) mod value;

use std::sync::Arc;

use poem::web::Data;
pub use requester::forwarded_address;
pub(super) use requester::{address, id_of_proxy, text};
pub use strict_json::parse as parse_strict_json;

use crate::state::AppState;

/// The argument by which an operation gets the state.
pub(super) type State<'a> = Data<&'a Arc<AppState>>;
