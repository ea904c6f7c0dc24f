//! Who is an operator: a user with the role `admin`, a program with an admin key, a person on the command line.

mod admin_key;
mod operator;
mod store;

pub use admin_key::{
    CreateKeyError, KeyRefusal, MAX_KEY_NAME, VerifiedKey, create_admin_key, list_admin_keys, revoke_admin_key, verify_admin_key,
};
pub use operator::{MayNot, Operator, may_administrate};
