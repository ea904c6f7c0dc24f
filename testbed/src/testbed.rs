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
    background::run_to_completion,
    clock::Clock,
    db::{Condition, Unavailable},
    deployment,
    http::{app, faults::Faults, listener::server},
    maintenance, random,
    reset_gate::{ResetGate, until_closed},
    sessions,
    state::{AppState, StartError},
};
use entity::{UnixMillis, outgoing_mail, reset_request, webhook_delivery};
use migration::TABLES;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, sea_query::Expr};
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify},
};

use crate::{
    arguments::Arguments,
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
    /// A user of the seed, counted from 0.
    User(usize, SeedError),
}

impl std::fmt::Display for TestbedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings(message) | Self::Seed(message) => f.write_str(message),
            Self::Io(error) => error.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::User(number, error) => write!(f, "the seed: users[{number}]: {error}"),
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
from!(io::Error => Io, StartError => Start, Unavailable => Store);

/// A running service, and what the control needs to change it.
pub(crate) struct Testbed {
    pub(crate) state: Arc<AppState>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) recorder: Recorder,
    /// How many users were created since the last reset.
    pub(crate) users: AtomicU64,
    /// What changes the service passes it, and ends or waits when the testbed is reset.
    pub(crate) gate: ResetGate,
    /// One change of the clock at a time: two that begin at the same time add up.
    moving: Mutex<()>,
    /// Wakes the service's own work.
    is_up_again: Notify,
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
        let gate = ResetGate::default();
        let app = app::app(Arc::clone(&state)).of_testbed(Arc::clone(&faults), gate.clone());
        let testbed = Arc::new(Self {
            state,
            faults,
            recorder,
            users: AtomicU64::new(0),
            gate,
            moving: Mutex::default(),
            is_up_again: Notify::new(),
            start,
            seed: seed.unwrap_or_default(),
            folder: folder.to_owned(),
        });
        testbed.seed().await?;
        tokio::spawn(server::serve(listener, None, app, std::future::pending()));
        testbed.maintain();
        Ok(testbed)
    }

    /// Starts the work that the service does without a request. It ends when the gate closes.
    fn maintain(self: &Arc<Self>) {
        let testbed = Arc::clone(self);
        tokio::spawn(async move {
            let work = async {
                loop {
                    tokio::select! {
                        () = maintenance::run(Arc::clone(&testbed.state)) => {}
                        () = testbed.is_up_again.notified() => {}
                    }
                    if let Err(error) = testbed.resume().await {
                        tracing::warn!(%error, "the service's own work waits for the database");
                    }
                }
            };
            testbed.gate.pass(Box::pin(until_closed(work))).await
        });
    }

    /// Changes how the database is. Once it accepts writes again, the service's own work goes on at once: it would wait by the clock of this
    /// machine and by that of the testbed, which stands still.
    pub(crate) async fn set_database(&self, condition: Condition) {
        let former = self.state.db.set_condition(condition).await;
        if matches!(former, Condition::Away | Condition::ReadOnly) && !matches!(condition, Condition::Away | Condition::ReadOnly) {
            self.is_up_again.notify_one();
        }
    }

    /// Makes due what an outage has interrupted.
    async fn resume(&self) -> Result<(), Unavailable> {
        let db = self.state.db.connection();
        let mails = outgoing_mail::Entity::update_many().col_expr(outgoing_mail::Column::ClaimedUntil, Expr::value(0));
        mails.exec(db).await?;
        let deliveries = webhook_delivery::Entity::update_many().col_expr(webhook_delivery::Column::ClaimedUntil, Expr::value(0));
        deliveries.exec(db).await?;
        self.state.reset_requests.notify_one();
        self.state.audit.flush(&self.state.db).await
    }

    /// Puts the service into the state after the start. It is done even if the control's client goes.
    pub(crate) async fn reset(self: &Arc<Self>) -> Result<Vec<Seeded>, TestbedError> {
        let testbed = Arc::clone(self);
        run_to_completion(async move { testbed.reset_now().await }).await
    }

    async fn reset_now(self: &Arc<Self>) -> Result<Vec<Seeded>, TestbedError> {
        // What is under way must not wait for a database that a test made slow.
        self.state.db.set_condition(Condition::Up).await;
        // Nothing that began before may write afterwards: its ids are those of other rows then.
        let _closed = self.gate.close().await;
        // It begins when the gate opens, also if the reset fails.
        self.maintain();
        self.state.touches.idle().await;
        self.state.db.set_condition(Condition::Up).await;
        self.faults.clear();
        self.empty().await?;
        self.state.clock.set(self.start);
        // What the service remembers of former rows must not be taken for what it knows of the ones with the same ids.
        self.state.audit.forget();
        self.state.limits.forget();
        self.state.cache.distrust(self.start);
        self.state.keys.renew_testbed(self.state.config.tokens.algorithm, self.start);
        self.state.tokens.clear();
        self.users.store(0, Ordering::SeqCst);
        random::counted::restart();
        let seeded = self.seed().await?;
        self.recorder.clear();
        Ok(seeded)
    }

    /// Removes all rows and mails.
    async fn empty(&self) -> Result<(), TestbedError> {
        let tables = TABLES.iter().filter(|table| !KEPT.contains(table));
        let deletes = tables.map(|table| format!("DELETE FROM \"{table}\";")).collect::<Vec<_>>().concat();
        // The clock goes back, so what expires afterwards is before the time up to which expiries are recorded.
        let deletes = format!("{deletes} DELETE FROM deployment WHERE name = '{}';", deployment::EXPIRED_UNTIL);
        let transaction = self.state.db.begin().await?;
        transaction.execute_unprepared(&deletes).await.map_err(Unavailable::from)?;
        transaction.commit().await.map_err(Unavailable::from)?;
        match fs::remove_dir_all(self.outbox()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Moves the clock forward to the time that `to` makes of the present one. Returns when expired rows are removed, deletions that are due
    /// have happened, and mail is delivered.
    pub(crate) async fn move_clock<E: From<TestbedError>>(
        &self,
        to: impl FnOnce(UnixMillis) -> Result<UnixMillis, E>,
    ) -> Result<(), E> {
        let _moving = self.moving.lock().await;
        let moved = self.gate.pass(async {
            let to = to(self.state.clock.now())?;
            self.state.touches.idle().await;
            self.state.clock.set(to);
            Ok::<_, E>(self.do_what_is_due().await?)
        });
        moved.await?;
        Ok(self.settle().await?)
    }

    async fn do_what_is_due(&self) -> Result<(), TestbedError> {
        maintenance::record_expired(&self.state).await?;
        maintenance::purge(&self.state).await?;
        Ok(sessions::poll_changes(&self.state).await?)
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

    async fn seed(self: &Arc<Self>) -> Result<Vec<Seeded>, TestbedError> {
        let mut seeded = Vec::new();
        for (number, user) in self.seed.iter().enumerate() {
            let created = user.clone().create(self).await;
            seeded.push(created.map_err(|error| TestbedError::User(number, error))?);
        }
        Ok(seeded)
    }
}
