//! Accounts: signing up, what users do with their own account, and what operators do to one.

mod change_password;
mod confirm_registration;
mod delete;
mod email_change;
mod export;
pub mod import;
mod new_user;
mod operator;
mod passkeys;
mod password_reset;
#[cfg(feature = "testbed")]
mod prepare;
mod profile_change;
mod register;
mod second_factor;
pub(crate) mod store;
mod unproven;
mod update_profile;

pub use change_password::{ChangePasswordError, change_password};
pub use confirm_registration::{ConfirmError, Confirmation, confirm_registration};
pub(crate) use delete::delete_due;
pub use delete::{DeleteError, delete};
pub use email_change::{
    ChangeEmailError, ConfirmEmailError, RecoverError, change_email, confirm_email, report_not_me, send_email_verification,
    undo_email_change,
};
pub use export::{Export, ExportError, export, export_user};
pub use new_user::{MAX_DEPTH, MAX_METADATA, NewUser, Violation};
pub(crate) use operator::count_users;
pub use operator::{
    AdminAction, CreateUser, CreateUserError, CreatedUser, FactorsOfUser, Instruction, InvitedUser, OperatorError,
    SetPasswordError, UserChange, UserFilter, apply, create_user, delete_user, end_session, factors_of, find_user, invite_user,
    list_users, note_read, resend_invitation, reset_second_factors, send_password_reset, set_password, update_user, user_by_id,
};
pub use passkeys::{
    NewPasskeyRequest, RegisterPasskeyError, Registered as RegisteredPasskey, RemovePasskeyError, RenamePasskeyError, passkeys,
    register_passkey, remove_passkey, rename_passkey,
};
pub(crate) use password_reset::resolve_reset_requests;
pub use password_reset::{RequestResetError, ResetPasswordError, request_password_reset, reset_password};
#[cfg(feature = "testbed")]
pub use prepare::prepared;
pub use profile_change::{Field, ProfileChange};
pub use register::{RegisterError, Registered, Registration, register};
pub use second_factor::{
    Confirmed, Enrolment, FactorsSummary, RemoveSecondFactorError, TotpError, confirm_totp, remove_second_factor,
    replace_recovery_codes, second_factors, start_totp,
};
pub use update_profile::{UpdateProfileError, update_profile};
