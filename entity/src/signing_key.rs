//! `signing_key`: the keys that sign access tokens, and those whose tokens may still be valid.

use sea_orm::entity::prelude::*;

use crate::UnixMillis;

/// One row of `signing_key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// One more than that of the key before. Of several nodes that make the next key at the same time, one succeeds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// The `kid`: the RFC 7638 thumbprint of the public key.
    pub id: String,
    /// `EdDSA` or `ES256`.
    pub algorithm: String,
    /// The private key as PKCS#8 PEM, sealed.
    pub private: Vec<u8>,
    /// Since when it signs, until the next key does.
    pub signs_from: UnixMillis,
}

/// It belongs to no other row.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
