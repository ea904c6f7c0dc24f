//! `outgoing_mail`: mail that is not delivered. A row is inserted in the transaction that causes the mail, and deleted after delivery.

use sea_orm::entity::prelude::*;

use crate::{MailId, UnixMillis, UserId};

/// One row of `outgoing_mail`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outgoing_mail")]
pub struct Model {
    /// The first half of the `Message-ID`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    /// The user whom it is for; a registration has none yet. It is deleted with the user.
    pub user_id: Option<UserId>,
    /// What the mail says: the name of its templates.
    pub kind: String,
    /// The language that the reader prefers: a BCP 47 tag.
    pub locale: String,
    /// The address as the user typed it.
    pub recipient: String,
    /// What the templates are filled with, sealed: a link is as good as a password.
    pub content: Vec<u8>,
    /// When the mail was caused.
    pub created_at: UnixMillis,
    /// How often its delivery was attempted.
    pub attempts: i32,
    /// When the next attempt is due.
    pub next_attempt_at: UnixMillis,
    /// Until when a node delivers it. After that, another node may.
    pub claimed_until: UnixMillis,
    /// Why the last attempt failed, in a few words.
    pub failure: Option<String>,
    /// When it was given up: a dead letter.
    pub dead_at: Option<UnixMillis>,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
