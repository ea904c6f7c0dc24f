//! What every request shares: plain fields, made once at start.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use entity::SessionId;

use crate::{
    audit::Record,
    background::Queue,
    cache::{Cache, VerifiedTokens},
    clock::Clock,
    config::Config,
    db::{Db, OpenError},
    hashing::{Hasher, HashingError},
    limits::Limits,
    mail::Outbox,
    metrics::Metrics,
    passwords::{BreachedError, PasswordRules},
    redis::Redis,
    secret::{KeyError, ServerSecrets, SigningKeys},
};

/// What every request shares.
#[derive(Debug)]
pub struct AppState {
    /// What was configured.
    pub config: Config,
    /// The truth.
    pub db: Db,
    /// What is known of sessions without asking it.
    pub cache: Cache,
    /// Access tokens whose signature is known to be good.
    pub tokens: VerifiedTokens,
    /// What nodes share, if there is one.
    pub redis: Option<Redis>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
    /// What new passwords must be.
    pub passwords: PasswordRules,
    /// Password workers.
    pub hasher: Hasher,
    /// How often passwords may be presented.
    pub limits: Limits,
    /// What refresh tokens are derived from.
    pub secrets: ServerSecrets,
    /// What access tokens are signed with.
    pub keys: SigningKeys,
    /// Uses of sessions that are yet to be noted.
    pub touches: Queue<SessionId>,
    /// Where mail waits.
    pub outbox: Outbox,
    stopping: AtomicBool,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("cannot use the data folder {0}: {1}; give another one with data_dir")]
    DataDir(String, io::Error),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Redis cannot be used at all: its URL is not one.
    #[error("cannot use Redis: {0}; look at redis.url")]
    Redis(String),
    /// Nobody can be asked for breached passwords.
    #[error("{0}; look at passwords.breached_url")]
    Breached(#[from] BreachedError),
    /// Argon2 refuses the parameters.
    #[error("passwords.memory_kib and passwords.iterations are not parameters that Argon2id takes")]
    Hasher(#[from] HashingError),
}

impl AppState {
    /// Opens the database, migrates it, and reads the keys or makes them.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        // Held until everything is there: of several that start at once, one makes the keys and migrates.
        let _alone = lock(&config.data_dir).map_err(|error| StartError::DataDir(config.data_dir.display().to_string(), error))?;
        let secrets = match ServerSecrets::new(config.tokens.secrets.clone()) {
            Some(secrets) => secrets,
            None => ServerSecrets::load_or_create(&config.data_dir.join("bifrons.key"))?,
        };
        let redis = config.redis.as_ref().map(Redis::new).transpose().map_err(|error| StartError::Redis(error.to_string()))?;
        let metrics = Arc::new(Metrics::default());
        let shared = redis.clone().map(|redis| (redis, secrets.key_for("sessions in Redis")));
        Ok(Self {
            cache: Cache::new(config.sessions.cache_bytes, shared, Arc::clone(&metrics)),
            tokens: VerifiedTokens::new(),
            limits: Limits::new(config.limits, redis.clone(), &secrets, Arc::clone(&metrics)),
            redis,
            secrets,
            keys: SigningKeys::load_or_create(&config.data_dir, config.tokens.algorithm)?,
            passwords: PasswordRules::new(&config)?,
            hasher: Hasher::new(&config.passwords.hashing, Arc::clone(&metrics))?,
            outbox: Outbox::new(config.data_dir.join("outbox")),
            db: Db::open(&config.database).await?,
            touches: Queue::new(1024, 4),
            stopping: AtomicBool::new(false),
            metrics,
            clock,
            config,
        })
    }
}

impl AppState {
    /// Something happened that matters to security: it is counted and logged.
    pub fn record(&self, record: impl Into<Record>) {
        self.metrics.record(record);
    }

    /// From now on the service is not ready: nobody should send it anything new.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// Makes the data folder, for the service's user alone, and waits until nobody else is starting in it.
pub fn lock(folder: &Path) -> io::Result<File> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = File::options().create(true).write(true).truncate(false).mode(0o600).open(folder.join("start.lock"))?;
    file.lock()?;
    Ok(file)
}
