//! E-mail addresses in normalization form C, with the domain as IDNA maps it: users type one address in several forms.
//!
//! If two users have one address then, the one whose stored address is normalized already keeps it, or else the older one. The other row
//! stays as it is and is reported: that user cannot sign in any more, and the operator decides which of the two accounts stays.

use std::iter;

use icu_normalizer::ComposingNormalizerBorrowed;
use sea_orm::{ConnectionTrait, DbBackend, ExprTrait, Order, prelude::Uuid};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, is_unique) in [("user", true), ("registration", false)] {
            for row in rows(manager, table).await? {
                normalize(manager, table, is_unique, &row).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        // The former version reads these addresses too.
        Ok(())
    }
}

struct Row {
    id: Uuid,
    email: String,
    canonical: String,
}

/// Rows with other characters than ASCII, oldest first: ids are in the order of their creation.
async fn rows(manager: &SchemaManager<'_>, table: &'static str) -> Result<Vec<Row>, DbErr> {
    let bytes = match manager.get_database_backend() {
        DbBackend::MySql => "LENGTH(email)",
        DbBackend::Sqlite => "LENGTH(CAST(email AS BLOB))",
        _ => "OCTET_LENGTH(email)",
    };
    let characters = if manager.get_database_backend() == DbBackend::Sqlite { "LENGTH(email)" } else { "CHAR_LENGTH(email)" };
    let query = Query::select()
        .columns(["id", "email", "email_canonical"])
        .from(table)
        .and_where(Expr::cust(format!("{bytes} <> {characters}")))
        .order_by("id", Order::Asc)
        .to_owned();
    let rows = manager.get_connection().query_all(&query).await?;
    let read = |row: sea_orm::QueryResult| {
        Ok(Row { id: row.try_get("", "id")?, email: row.try_get("", "email")?, canonical: row.try_get("", "email_canonical")? })
    };
    rows.into_iter().map(read).collect()
}

async fn normalize(manager: &SchemaManager<'_>, table: &'static str, is_unique: bool, row: &Row) -> Result<(), DbErr> {
    let Some((email, canonical)) = normalized(row) else { return Ok(()) };
    if (&email, &canonical) == (&row.email, &row.canonical) {
        return Ok(());
    }
    if is_unique && canonical != row.canonical {
        let same =
            Query::select().column("id").from(table).and_where(Expr::col("email_canonical").eq(canonical.as_str())).to_owned();
        if let Some(other) = manager.get_connection().query_one(&same).await? {
            let other: Uuid = other.try_get("", "id")?;
            tracing::warn!(
                user = %row.id, same_as = %other,
                "two users have the same e-mail address in normalization form C; `user` cannot sign in: delete one of the two rows"
            );
            return Ok(());
        }
    }
    let update = Query::update()
        .table(table)
        .value("email", email)
        .value("email_canonical", canonical)
        .and_where(Expr::col("id").eq(row.id))
        .to_owned();
    manager.execute(update).await
}

/// The address as shown, and its canonical form; `None` for a row that is no address, and for one that would not fit its column.
fn normalized(row: &Row) -> Option<(String, String)> {
    let (typed, typed_domain) = row.email.rsplit_once('@')?;
    let (_, domain) = row.canonical.rsplit_once('@')?;
    let (unicode, valid) = idna::domain_to_unicode(domain);
    let shown_domain = if typed_domain.eq_ignore_ascii_case(domain) || valid.is_err() { typed_domain } else { &unicode };
    let local = nfc(typed);
    let shown = format!("{local}@{shown_domain}");
    let canonical = format!("{}@{domain}", local.to_ascii_lowercase());
    (shown.chars().count() <= 254 && canonical.chars().count() <= 254).then_some((shown, canonical))
}

/// A character that the form would turn into ASCII stays: `K` (U+212A) looks like `K` and is another address.
fn nfc(text: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let becomes_ascii = |c: &char| !c.is_ascii() && nfc.normalize(c.encode_utf8(&mut [0; 4])).is_ascii();
    let parts = text.split_inclusive(|c| becomes_ascii(&c)).flat_map(|part| {
        let kept = part.chars().next_back().filter(becomes_ascii);
        let rest = &part[..part.len() - kept.map_or(0, char::len_utf8)];
        iter::once(nfc.normalize(rest).into_owned()).chain(kept.map(String::from))
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::{Row, Uuid, normalized};

    #[test]
    fn addresses_are_normalized() {
        for (email, canonical, expected) in [
            (
                "Rene\u{301}@B\u{fc}cher.example",
                "rene\u{301}@xn--bcher-kva.example",
                Some(("Ren\u{e9}@b\u{fc}cher.example", "ren\u{e9}@xn--bcher-kva.example")),
            ),
            (
                "mi\u{212a}e\u{301}@ex\u{ad}ample.com",
                "mi\u{212a}e\u{301}@example.com",
                Some(("mi\u{212a}\u{e9}@example.com", "mi\u{212a}\u{e9}@example.com")),
            ),
            ("E\u{301}A@example.com", "e\u{301}a@example.com", Some(("\u{c9}A@example.com", "\u{c9}a@example.com"))),
            ("", "019b7858-ba00-7000-8000-000000000000", None),
        ] {
            let row = Row { id: Uuid::nil(), email: email.to_owned(), canonical: canonical.to_owned() };
            let expected = expected.map(|(email, canonical)| (email.to_owned(), canonical.to_owned()));
            assert_eq!(normalized(&row), expected);
        }
    }
}
