//! `bifrons audit`: who did what, when, and from where.

mod arguments;
mod print;

use std::io::{self, Write};

use entity::{AuditEventId, UserId};

pub(super) use arguments::Arguments;
use arguments::{ActorArgument, UserArgument};
use print::{Output, Table};

use super::{failure::Failure, log, runtime::block_on};
use crate::{
    accounts,
    audit::store::{self, Filter},
    clock::Clock,
    config::Config,
    db::Db,
    email_address::EmailAddress,
    request_context::Actor,
};

/// How many rows one query reads.
const PAGE: u64 = 500;

/// How many rows the table shows without `--limit`.
const SHOWN: u64 = 100;

pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async {
        let db = Db::open_existing(&config.database).await.map_err(Failure::new)?;
        let printed = print_all(&db, arguments).await;
        db.close().await.map_err(Failure::new)?;
        printed
    })
}

async fn print_all(db: &Db, arguments: &Arguments) -> Result<(), Failure> {
    let filter = filter(db, arguments).await?;
    let limit = arguments.limit.or((!arguments.json).then_some(SHOWN));
    let (mut before, mut left): (Option<AuditEventId>, _) = (None, limit.unwrap_or(u64::MAX));
    let mut is_empty = true;
    while left > 0 {
        // One row more than needed shows whether there are more.
        let mut page =
            store::read(db.connection(), &filter, before, PAGE.min(left.saturating_add(1))).await.map_err(Failure::new)?;
        let is_last = (page.len() as u64) < PAGE.min(left.saturating_add(1));
        let has_more = page.len() as u64 > left;
        page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        is_empty &= page.is_empty();
        let output = if arguments.json { Output::JsonLines } else { Output::Table(Table::read(db, &page).await?) };
        let text: String = page.iter().map(|row| output.line(row)).collect();
        match io::stdout().write_all(text.as_bytes()) {
            // The reader of a pipe, such as `head`, has closed it.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Failure::new)?,
        }
        if has_more && arguments.limit.is_none() {
            let _ = writeln!(io::stderr(), "… and older ones: --limit shows more, --json all");
        }
        left -= page.len() as u64;
        before = page.last().map(|row| row.id);
        if is_last || has_more {
            break;
        }
    }
    if is_empty && !arguments.json {
        let _ = writeln!(io::stderr(), "nothing is recorded that the question is about; rows are kept for audit.keep");
    }
    Ok(())
}

async fn filter(db: &Db, arguments: &Arguments) -> Result<Filter, Failure> {
    let now = Clock::System.now();
    let user = match &arguments.user {
        Some(user) => Some(find(db, user).await?),
        None => None,
    };
    let actor = match &arguments.actor {
        None => None,
        Some(ActorArgument::Kind(kind, id)) => Some(Actor { kind: *kind, id: id.clone() }),
        Some(ActorArgument::User(user)) => Some(Actor::user(find(db, user).await?)),
    };
    let (since, until) = (arguments.since.map(|since| since.before(now)), arguments.until.map(|until| until.before(now)));
    Ok(Filter { user, actor, events: arguments.event.clone(), session: arguments.session, since, until })
}

/// The user of an argument. A deleted user has no address any more, but an id.
async fn find(db: &Db, user: &UserArgument) -> Result<UserId, Failure> {
    let email = match user {
        UserArgument::Id(id) => return Ok(*id),
        UserArgument::Email(email) => email,
    };
    let not_found = || Failure::Failed(format!("no user has the address {email}; a user who was deleted is found by the id"));
    let address = EmailAddress::parse_stored(email).ok_or_else(not_found)?;
    let found = accounts::store::find_by_email(db.connection(), &address).await.map_err(Failure::new)?;
    found.map(|user| user.id).ok_or_else(not_found)
}
