//! What every request shares: plain fields, created once at start.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use entity::{SessionId, session, user};
use tokio::sync::{Notify, Semaphore};

use super::searches::Searches;
use crate::{
    audit::{Record, Trail},
    background::BackgroundQueue,
    clock::Clock,
    config::Config,
    db::{Db, Grouped, OpenError},
    deployment::{self, DeploymentError},
    hashing::{Hasher, HashingError},
    limits::Limits,
    mail::{Outbox, TemplateError},
    metrics::Metrics,
    node_mark::NodeMark,
    passwords::{BreachedError, PasswordRules},
    redis::Redis,
    refresh_verdict::Verdict,
    secret::{Algorithm, KeyError, RefreshToken, ServerSecrets},
    session_cache::{Role, SessionCache, Shared, VerifiedTokens},
    signing_keys::{Keyring, SigningKeys, SigningKeysError},
    statistics,
};

/// The file of the server secrets, in the data folder.
pub(crate) const SECRETS_FILE: &str = "bifrons.key";

/// So many deliveries to webhooks are on their way at once.
pub(crate) const MAX_DELIVERIES: usize = 128;

/// What every request shares.
#[derive(Debug)]
pub struct AppState {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// Reads of sessions that wait for the database.
    pub session_reads: Grouped<SessionId, Option<(session::Model, user::Model)>, 8>,
    /// Refresh tokens that wait for their successors. One transaction at a time makes those of all that wait.
    pub refreshes: Grouped<Arc<RefreshToken>, Verdict, 1>,
    /// Sessions that were read from the database.
    pub cache: SessionCache,
    /// Access tokens whose signature was verified.
    pub tokens: VerifiedTokens,
    /// What nodes share, if it is configured.
    pub redis: Option<Redis>,
    /// Counters, gauges and histograms.
    pub metrics: Arc<Metrics>,
    /// Where events are recorded.
    pub audit: Arc<Trail>,
    /// The one source of time.
    pub clock: Clock,
    /// The rules for new passwords.
    pub passwords: PasswordRules,
    /// The workers that hash passwords.
    pub hasher: Hasher,
    /// The limits on attempts.
    pub limits: Limits,
    /// What refresh tokens are derived from and cache entries are authenticated with.
    pub secrets: ServerSecrets,
    /// What this node leaves in the database.
    pub node_mark: NodeMark,
    /// The keys that sign access tokens.
    pub keys: SigningKeys,
    /// Uses of sessions that wait to be noted.
    pub touches: BackgroundQueue<SessionId>,
    /// The outbox.
    pub outbox: Arc<Outbox>,
    /// The places of searches of operators: each may read a whole table.
    pub searches: Searches,
    /// How many users, sessions and sign-ins this node has counted.
    pub statistics: statistics::Shared,
    /// Wakes who resolves requests for a new password.
    pub reset_requests: Notify,
    /// Held by deliveries to webhooks that are on their way.
    pub deliveries: Arc<Semaphore>,
    /// No other node has this database: `clock` decides alone, and the database's own time does not count.
    #[cfg(feature = "testbed")]
    pub is_testbed: bool,
    stopping: AtomicBool,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be created.
    #[error("cannot use the data folder {0}: {1}; give another one with data_dir")]
    DataDir(String, io::Error),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The nodes on this database sign with something else.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The server secrets cannot be used.
    #[error(transparent)]
    Secrets(#[from] KeyError),
    /// The signing keys cannot be used.
    #[error(transparent)]
    SigningKeys(#[from] SigningKeysError),
    /// The algorithm gives no key.
    #[error("cannot generate a key; look at tokens.algorithm")]
    NoKey,
    /// Redis cannot be used: its URL is not valid.
    #[error("cannot use Redis: {0}; look at redis.url")]
    Redis(String),
    /// The breach check cannot be used.
    #[error("{0}; look at passwords.breached_url")]
    Breached(#[from] BreachedError),
    /// A text of a mail cannot be used.
    #[error(transparent)]
    Mail(#[from] TemplateError),
    /// Argon2 refuses the parameters.
    #[error("passwords.memory_kib and passwords.iterations are not parameters that Argon2id takes")]
    Hasher(#[from] HashingError),
}

impl AppState {
    /// Opens the database, migrates it, and reads the secrets and the keys or creates them.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        // Held until all is there: of several processes that start at once, one creates the keys and migrates.
        let _lock = locked(&config).await?;
        let db = Db::open(&config.database).await?;
        Self::with_database(db, config, clock).await
    }

    /// The same, on a schema that `bifrons migrate` has migrated to this version.
    pub async fn open_migrated(config: Config, clock: Clock) -> Result<Self, StartError> {
        let _lock = locked(&config).await?;
        let db = Db::open_existing(&config.database).await?;
        Self::with_database(db, config, clock).await
    }

    /// Opens a database that exists and has the current schema, for a command beside the running nodes. Creates no database and no folder,
    /// and changes nothing that the nodes have in common. A command signs nothing: keys that it does not find it makes for itself, in memory.
    pub async fn open_existing(config: Config, clock: Clock) -> Result<Self, StartError> {
        let db = Db::open_existing(&config.database).await?;
        let file = config.data_dir.join(SECRETS_FILE);
        let secrets = match ServerSecrets::new(config.tokens.secrets.clone()) {
            Some(secrets) => secrets,
            None if file.exists() => ServerSecrets::load_or_create(&file)?,
            None => ServerSecrets::generate(),
        };
        if config.redis.is_some() && !deployment::signs_with_newest(&db, &secrets).await.map_err(DeploymentError::from)? {
            tracing::warn!(
                "the nodes do not sign with the first of tokens.secrets (or bifrons.key): they learn of changes by polling, within 5 s"
            );
        }
        let keys = SigningKeys::in_memory(config.tokens.algorithm, clock.now()).ok_or(StartError::NoKey)?;
        let audit = Trail::of_command(Arc::default(), clock.clone());
        Self::assemble(db, config, clock, audit, secrets, keys, Role::Command).await
    }

    /// Opens a new database that no other node shares. The signing key is in memory alone, and its `kid` says whose it is.
    #[cfg(feature = "testbed")]
    pub async fn open_testbed(config: Config, clock: Clock) -> Result<Self, StartError> {
        let db = Db::open(&config.database).await?;
        let keys = SigningKeys::of_testbed(config.tokens.algorithm, clock.now()).ok_or(StartError::NoKey)?;
        let audit = Trail::of_node(Arc::default(), clock.clone());
        let state = Self::assemble(db, config, clock, audit, ServerSecrets::generate(), keys, Role::Node).await?;
        Ok(Self { is_testbed: true, ..state })
    }

    async fn with_database(db: Db, config: Config, clock: Clock) -> Result<Self, StartError> {
        let file = config.data_dir.join(SECRETS_FILE);
        let secrets = match ServerSecrets::new(config.tokens.secrets.clone()) {
            Some(secrets) => secrets,
            None if !file.exists() && deployment::has_any_secret(&db).await.map_err(DeploymentError::from)? => {
                return Err(DeploymentError::Secret.into());
            }
            None => ServerSecrets::load_or_create(&file)?,
        };
        deployment::join(&db, &config, &secrets).await?;
        let files = Algorithm::ALL.map(|algorithm| config.data_dir.join(format!("jwt-{}.pem", algorithm.name())));
        let audit = Trail::of_node(Arc::default(), clock.clone());
        let ring = Keyring { db: &db, secrets: &secrets, audit: &audit };
        let former = deployment::former_signing_key(&db).await.map_err(DeploymentError::from)?;
        let keys = SigningKeys::open(ring, config.tokens.algorithm, &files, former.as_deref(), clock.now()).await?;
        Self::assemble(db, config, clock, audit, secrets, keys, Role::Node).await
    }

    async fn assemble(
        db: Db,
        config: Config,
        clock: Clock,
        audit: Trail,
        secrets: ServerSecrets,
        keys: SigningKeys,
        role: Role,
    ) -> Result<Self, StartError> {
        let (metrics, audit) = (Arc::clone(&audit.metrics), Arc::new(audit));
        let redis = match &config.redis {
            Some(redis) => {
                let id = deployment::id(&db).await.map_err(DeploymentError::from)?;
                Some(Redis::new(redis, &id).map_err(|error| StartError::Redis(error.to_string()))?)
            }
            None => None,
        };
        let shared = redis.clone().map(|redis| Shared::new(redis, secrets.keys_for("sessions in Redis"), role));
        Ok(Self {
            cache: SessionCache::new(config.sessions.cache_bytes, shared, Arc::clone(&metrics), clock.clone()),
            session_reads: Grouped::default(),
            refreshes: Grouped::default(),
            tokens: VerifiedTokens::new(),
            limits: Limits::new(config.limits, redis.clone(), &secrets, Arc::clone(&audit)),
            redis,
            node_mark: NodeMark::default(),
            keys,
            passwords: PasswordRules::new(&config)?,
            hasher: Hasher::new(&config.passwords.hashing, Arc::clone(&audit))?,
            outbox: Arc::new(Outbox::new(config.mail.clone(), secrets.clone(), clock.clone(), Arc::clone(&audit))?),
            searches: Searches::default(),
            statistics: statistics::Shared::default(),
            reset_requests: Notify::new(),
            deliveries: Arc::new(Semaphore::new(MAX_DELIVERIES)),
            #[cfg(feature = "testbed")]
            is_testbed: false,
            secrets,
            db,
            touches: BackgroundQueue::new(1024, 4),
            stopping: AtomicBool::new(false),
            metrics,
            audit,
            clock,
            config,
        })
    }

    /// What a change of the signing keys needs.
    pub fn keyring(&self) -> Keyring<'_> {
        Keyring { db: &self.db, secrets: &self.secrets, audit: &self.audit }
    }

    /// Counts and logs an event that follows from no write.
    pub fn record(&self, record: impl Into<Record>) {
        self.audit.record(record);
    }

    /// The service is not ready from now on: load balancers should send it no new requests.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the service was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

async fn locked(config: &Config) -> Result<Option<File>, StartError> {
    lock(&config.data_dir).await.map_err(|error| StartError::DataDir(config.data_dir.display().to_string(), error))
}

/// Creates the data folder for the service's user alone, and waits until no other process is starting in it. A folder that cannot be
/// written to or created, and a file system without locks, need no lock: all that is needed is there already, or creating it fails.
pub async fn lock(folder: &Path) -> io::Result<Option<File>> {
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let open = || File::options().create(true).write(true).truncate(false).mode(0o600).open(folder.join("start.lock"));
    let file = match created.and_then(|()| open()) {
        Err(error) if matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => return Ok(None),
        opened => opened?,
    };
    // On a thread of its own: the signal to stop arrives while it waits.
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await.map_err(io::Error::other)?;
    match locked {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        locked => locked.map(Some),
    }
}
