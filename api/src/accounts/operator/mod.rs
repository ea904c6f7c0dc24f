//! What operators do with accounts, in the admin API and on the command line.

mod create;
mod delete;
mod factors;
mod find;
mod instruction;
mod invite;
mod last_admin;
mod password;
mod session;
mod status;
pub(crate) mod store;
mod update;

#[cfg(feature = "testbed")]
pub(super) use create::row_of;
pub use create::{CreateUser, CreateUserError, CreatedUser, create_user};
pub use delete::delete_user;
pub use factors::{FactorsOfUser, factors_of, reset_second_factors};
pub(crate) use find::count_users;
pub use find::{find_user, list_users, note_read, user_by_id};
pub use instruction::{Instruction, OperatorError};
pub use invite::{InvitedUser, invite_user, resend_invitation};
pub(super) use last_admin::keep_another_administrator;
pub use password::{SetPasswordError, send_password_reset, set_password};
pub use session::end_session;
pub use status::{AdminAction, apply};
pub use store::UserFilter;
pub use update::{UserChange, update_user};
