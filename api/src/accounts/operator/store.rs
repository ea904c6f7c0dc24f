//! Queries on `user` that operators need.

use entity::{
    Roles, UserId, passkey, password,
    roles::ADMIN,
    user::{Column, Entity, Model, Status},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func, LikeExpr, LockType, Query},
};

use crate::{
    accounts::{profile_change::Field, store::present},
    db::{Unavailable, later},
    sessions::store::change_user,
    state::Tx,
    statistics::UserCounts,
};

/// Which users to list: those who match every part that is given.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// The beginning of the address, without regard to the case of ASCII letters.
    pub email_beginning: Option<String>,
    /// A part of the name, without regard to the case of ASCII letters.
    pub name_part: Option<String>,
    /// Whether they may sign in.
    pub status: Option<Status>,
    /// A role that they have.
    pub role: Option<String>,
    /// Whether they have a second factor.
    pub second_factor: Option<bool>,
}

/// Locks the row of a user until the transaction ends.
pub(super) async fn lock(tx: &Tx, id: UserId) -> Result<Option<Model>, Unavailable> {
    write_locked(tx, Condition::all().add(Column::Id.eq(id))).await?;
    Ok(Entity::find_by_id(id).lock(LockType::Update).one(tx.connection()).await?)
}

/// Locks the rows of the administrators who can sign in and will not be deleted, and returns their ids. One who has neither a password nor a
/// passkey cannot.
pub(super) async fn lock_administrators(tx: &Tx) -> Result<Vec<UserId>, Unavailable> {
    let with_password = Query::select().column(password::Column::UserId).from(password::Entity).to_owned();
    let with_passkey = Query::select().column(passkey::Column::UserId).from(passkey::Entity).to_owned();
    let leading = has_role(ADMIN)
        .add(Column::Status.eq(Status::Active))
        .add(Column::DeleteAt.is_null())
        .add(Condition::any().add(Column::Id.in_subquery(with_password)).add(Column::Id.in_subquery(with_passkey)));
    write_locked(tx, leading.clone()).await?;
    let administrators = Entity::find().filter(leading).order_by_asc(Column::Id).lock(LockType::Update);
    Ok(administrators.all(tx.connection()).await?.into_iter().map(|user| user.id).collect())
}

/// Writes the rows that are about to be locked, if a lock alone is not enough.
async fn write_locked(tx: &Tx, which: Condition) -> Result<(), Unavailable> {
    if tx.row_locks_need_writes() {
        let update = Entity::update_many().filter(which).col_expr(Column::ChangedAt, later(tx.connection(), "changed_at"));
        update.exec(tx.connection()).await?;
    }
    Ok(())
}

/// Users who are not deleted, newest first: at most `limit` of those who were created before the user `before`.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    filter: &UserFilter,
    before: Option<UserId>,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let UserFilter { email_beginning, name_part, status, role, second_factor } = filter;
    let given = Condition::all()
        .add_option(before.map(|before| Column::Id.lt(before)))
        .add_option(email_beginning.as_deref().map(|beginning| begins_with(db, &beginning.to_ascii_lowercase())))
        .add_option(name_part.as_deref().map(|part| {
            let pattern = format!("%{}%", escaped(&part.to_ascii_lowercase()));
            Expr::expr(Func::lower(Expr::col((Entity, Column::Name)))).like(LikeExpr::new(pattern).escape(ESCAPE))
        }))
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(role.as_deref().map(has_role))
        .add_option(second_factor.map(|has| Column::SecondFactor.eq(has)));
    let users = Entity::find().filter(Column::Status.ne(Status::Deleted)).filter(given);
    Ok(users.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// How many users who are not deleted there are, and how many of them meet each condition. It reads the whole table, once.
pub(super) async fn count(db: &impl ConnectionTrait) -> Result<UserCounts, Unavailable> {
    let mut counted = Entity::find().select_only().column_as(Column::Id.count(), "total");
    for (name, condition) in [
        ("disabled", Column::Status.eq(Status::Disabled)),
        ("verified", Column::EmailVerified.eq(true)),
        ("with_factor", Column::SecondFactor.eq(true)),
    ] {
        // Grouping would sort all users.
        counted = counted.column_as(Expr::expr(Expr::case(condition, 1)).count(), name);
    }
    let counts: Option<(i64, i64, i64, i64)> = counted.filter(Column::Status.ne(Status::Deleted)).into_tuple().one(db).await?;
    let (total, disabled, verified, second_factor) = counts.unwrap_or_default();
    let [total, disabled, verified, second_factor] = [total, disabled, verified, second_factor].map(i64::unsigned_abs);
    Ok(UserCounts { total, disabled, verified, second_factor, ..UserCounts::default() })
}

const ESCAPE: char = '!';

/// Escapes a text, so that a pattern matches it literally.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | ESCAPE).then_some(ESCAPE).into_iter().chain([c])).collect()
}

/// Whether the canonical address begins with this text. Each engine has its own condition, which its index can answer.
fn begins_with(db: &impl ConnectionTrait, beginning: &str) -> Condition {
    if db.get_database_backend() == DbBackend::Postgres {
        return Condition::all().add(Column::EmailCanonical.like(LikeExpr::new(format!("{}%", escaped(beginning))).escape(ESCAPE)));
    }
    // No address contains the last character of Unicode.
    let after = format!("{beginning}{}", char::MAX);
    Condition::all().add(Column::EmailCanonical.gte(beginning)).add(Column::EmailCanonical.lt(after))
}

/// Whether a user has a role. The names are stored sorted, with a space between them.
fn has_role(name: &str) -> Condition {
    let like = |pattern: String| Column::Roles.like(LikeExpr::new(pattern).escape(ESCAPE));
    let written = escaped(name);
    let place = Condition::any()
        .add(Column::Roles.eq(name))
        .add(like(format!("{written} %")))
        .add(like(format!("% {written}")))
        .add(like(format!("% {written} %")));
    // Of the index on roles, the database then reads only the users who have any.
    Condition::all().add(Column::Roles.gt("")).add(place)
}

/// The columns of a user that an operator changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub(super) name: Field<String>,
    pub(super) locale: Field<String>,
    /// The whole object, as JSON.
    pub(super) app_metadata: Field<String>,
    pub(super) roles: Option<Roles>,
}

/// Changes the columns that are given.
pub(super) async fn update(tx: &Tx, id: UserId, columns: &Columns) -> Result<(), Unavailable> {
    let mut update = present(id);
    for (column, field) in
        [(Column::Name, &columns.name), (Column::Locale, &columns.locale), (Column::AppMetadata, &columns.app_metadata)]
    {
        if !field.is_kept() {
            update = update.col_expr(column, Expr::value(field.value().cloned()));
        }
    }
    if let Some(roles) = &columns.roles {
        update = update.col_expr(Column::Roles, Expr::value(roles.clone()));
    }
    change_user(tx, id, update).await?;
    Ok(())
}
