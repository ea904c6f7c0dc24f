//! The service of a testbed: its start, its reset, its clock.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bifrons::{
    clock::Clock,
    db::Unavailable,
    deployment,
    http::{app, faults::Faults, listener::server},
    maintenance, random, sessions,
    state::{AppState, StartError},
};
use entity::{UnixMillis, outgoing_mail, reset_request};
use migration::TABLES;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use tokio::net::TcpListener;

use crate::{
    arguments::Arguments,
    control,
    recorder::Recorder,
    seeding::{NewUser, SeedError, Seeded},
    settings,
};

/// The tables that a reset keeps: they belong to the service, not to its users.
const KEPT: [&str; 3] = ["deployment", "node_mark", "signing_key"];

/// How long a change waits for mails that are on their way.
const MAIL_SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// Why a testbed does not start or is not reset.
#[derive(Debug)]
pub(crate) enum TestbedError {
    Settings(String),
    Seed(String),
    Io(io::Error),
    Start(StartError),
    Store(Unavailable),
    Users(SeedError),
}

impl std::fmt::Display for TestbedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings(message) | Self::Seed(message) => f.write_str(message),
            Self::Io(error) => error.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Users(error) => write!(f, "the seed: {error}"),
        }
    }
}

macro_rules! from {
    ($($error:ty => $variant:ident),+) => {$(
        impl From<$error> for TestbedError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from!(io::Error => Io, StartError => Start, Unavailable => Store, SeedError => Users);

/// A running service, and what the control needs to change it.
pub(crate) struct Testbed {
    pub(crate) state: Arc<AppState>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) recorder: Recorder,
    /// How many users were created since the last reset.
    pub(crate) users: AtomicU64,
    start: UnixMillis,
    seed: Vec<NewUser>,
    folder: PathBuf,
}

impl Testbed {
    /// Opens a database, creates the users of the seed, and serves.
    pub(crate) async fn start(arguments: &Arguments, folder: &Path, recorder: Recorder) -> Result<Arc<Self>, TestbedError> {
        let seed = arguments.seed.as_deref().map(crate::seeding::read).transpose().map_err(TestbedError::Seed)?;
        let mut config = settings::read(folder, std::env::vars()).map_err(TestbedError::Settings)?;
        let host = if arguments.any_address { [0, 0, 0, 0] } else { [127, 0, 0, 1] };
        let listener = TcpListener::bind(SocketAddr::from((host, 0))).await?;
        config.bound_to(listener.local_addr()?);
        let start = arguments.now.unwrap_or_else(|| Clock::System.now());
        random::counted::restart();
        let state = Arc::new(AppState::open_testbed(config, Clock::manual(start)).await?);
        let faults = Arc::new(Faults::default());
        let app = app::app(Arc::clone(&state)).with_faults(Arc::clone(&faults));
        let testbed = Arc::new(Self {
            state,
            faults,
            recorder,
            users: AtomicU64::new(0),
            start,
            seed: seed.unwrap_or_default(),
            folder: folder.to_owned(),
        });
        testbed.seed().await?;
        tokio::spawn(server::serve(listener, None, app, std::future::pending()));
        tokio::spawn(maintenance::run(Arc::clone(&testbed.state)));
        Ok(testbed)
    }

    /// Puts the service into the state after the start.
    pub(crate) async fn reset(self: &Arc<Self>) -> Result<Vec<Seeded>, TestbedError> {
        self.faults.clear();
        self.settle().await?;
        let tables = TABLES.iter().filter(|table| !KEPT.contains(table));
        // A test may have made the database read-only.
        let deletes: String =
            std::iter::once(control::allow_writes()).chain(tables.map(|table| format!("DELETE FROM \"{table}\";"))).collect();
        // The clock goes back, so what expires afterwards is before the time up to which expiries are recorded.
        let deletes = format!("{deletes} DELETE FROM deployment WHERE name = '{}';", deployment::EXPIRED_UNTIL);
        // A refusal of a former user must not become a row of the user with the same id.
        self.state.audit.forget();
        let transaction = self.state.db.begin().await?;
        transaction.execute_unprepared(&deletes).await.map_err(Unavailable::from)?;
        transaction.commit().await.map_err(Unavailable::from)?;
        // Ids are counted anew: the changes that the cache remembers belong to former users with the same ids.
        self.state.cache.distrust(self.start);
        match fs::remove_dir_all(self.outbox()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.state.clock.set(self.start);
        self.state.keys.renew_testbed(self.state.config.tokens.algorithm, self.start);
        self.state.tokens.clear();
        self.users.store(0, Ordering::SeqCst);
        random::counted::restart();
        let seeded = self.seed().await?;
        self.recorder.clear();
        Ok(seeded)
    }

    /// Moves the clock forward. Returns when expired rows are removed, deletions that are due have happened, and mail is delivered.
    pub(crate) async fn move_clock(&self, to: UnixMillis) -> Result<(), TestbedError> {
        self.state.touches.idle().await;
        self.state.clock.set(to);
        maintenance::record_expired(&self.state).await?;
        maintenance::purge(&self.state).await?;
        sessions::poll_changes(&self.state).await?;
        self.settle().await
    }

    /// Waits until the writes that follow an answer are done and all mail is delivered.
    pub(crate) async fn settle(&self) -> Result<(), TestbedError> {
        self.state.touches.idle().await;
        let db = self.state.db.connection();
        let mut waited = Duration::ZERO;
        while waited < MAIL_SETTLES_WITHIN {
            let mails = outgoing_mail::Entity::find().count(db).await.map_err(Unavailable::from)?;
            let requests = reset_request::Entity::find().count(db).await.map_err(Unavailable::from)?;
            if mails + requests == 0 {
                break;
            }
            let pause = Duration::from_millis(2);
            tokio::time::sleep(pause).await;
            waited += pause;
        }
        Ok(())
    }

    /// The folder of delivered mail.
    pub(crate) fn outbox(&self) -> PathBuf {
        self.folder.join("outbox")
    }

    async fn seed(self: &Arc<Self>) -> Result<Vec<Seeded>, SeedError> {
        let mut seeded = Vec::new();
        for user in &self.seed {
            seeded.push(user.clone().create(self).await?);
        }
        Ok(seeded)
    }
}
