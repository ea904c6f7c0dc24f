//! The service in this process: real sockets, a fresh database made by the real migrations, and a clock that the test moves.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bifrons::{clock::Clock, config::Config, http, maintenance, secret::Password, sessions, state::AppState};
use entity::{SessionId, UnixMillis};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{Actor, database};

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct horse battery";

/// 2026-01-01T09:00:00Z
const START: UnixMillis = UnixMillis(1_767_258_000_000);

pub struct App {
    pub address: SocketAddr,
    pub state: Arc<AppState>,
    folder: Arc<TempDir>,
}

impl App {
    pub async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// Starts with some settings changed. Hashing is cheap here: what it costs is not what these tests are about.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), Clock::manual(START), change).await
    }

    /// What is configured when nothing is.
    pub fn config() -> Config {
        read(&[])
    }

    /// The same, with everything that is stored in memory: nothing waits for a disk.
    pub async fn in_memory(change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::new(tempfile::tempdir_in("/dev/shm").unwrap()), Clock::manual(START), change).await
    }

    /// Starts with settings as the environment would give them.
    pub async fn with_environment(environment: &[(&str, &str)]) -> Self {
        let config = read(environment);
        Box::pin(Self::configured(|current| {
            let data_dir = current.data_dir.clone();
            let database = current.database.clone();
            *current = Config { data_dir, database, passwords: current.passwords.clone(), limits: current.limits, ..config };
        }))
        .await
    }

    /// A second process on the same data.
    pub async fn another(&self) -> Self {
        let Config { tokens, redis, sessions, .. } = self.state.config.clone();
        let change = |config: &mut Config| (config.tokens, config.redis, config.sessions) = (tokens, redis, sessions);
        Self::open(Arc::clone(&self.folder), self.state.clock.clone(), change).await
    }

    /// A process on the same data, configured anew.
    pub async fn reconfigured(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::clone(&self.folder), self.state.clock.clone(), change).await
    }

    /// Starts on what a data folder holds.
    pub async fn open(folder: Arc<TempDir>, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = read(&[("BIFRONS_DATA_DIR", folder.path().to_str().unwrap())]);
        if let Some(url) = database::url(folder.path()).await {
            config.database.url = url;
        }
        config.passwords.hashing.memory_kib = 64;
        config.passwords.hashing.iterations = 1;
        config.passwords.hashing.queue = 2000;
        // From one address come all tests of all users.
        config.limits = None;
        change(&mut config);
        let state = Arc::new(AppState::open(config, clock).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(http::listener::server::serve(listener, None, http::app::app(Arc::clone(&state)), std::future::pending()));
        tokio::spawn(maintenance::run(Arc::clone(&state)));
        Self { address, state, folder }
    }

    /// Somebody with an empty cookie jar.
    pub fn client(&self) -> Actor {
        Actor::new(format!("http://{}", self.address))
    }

    /// Ada, signed up and signed in by cookie.
    pub async fn ada(&self) -> Actor {
        let ada = self.client();
        ada.sign_up(EMAIL, PASSWORD).await.expect(201);
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        ada
    }

    /// Moves the clock, once what happens behind the answers has happened.
    pub async fn advance(&self, by: Duration) {
        self.state.touches.idle().await;
        self.state.clock.advance(by);
    }

    /// Changes the database behind the service's back, which no version tells of: what it knows is forgotten.
    pub async fn sql(&self, statement: &str) {
        self.execute(statement).await;
        self.state.cache.clear();
    }

    /// The same, and nobody forgets anything.
    pub async fn execute(&self, statement: &str) {
        let db = self.state.db.connection();
        db.execute_unprepared(&database::dialect(db.get_database_backend(), statement)).await.unwrap();
    }

    /// Makes the database refuse to write to a table, as a full disk would.
    pub async fn forbid(&self, what: &str) {
        for statement in database::forbid(self.state.db.connection().get_database_backend(), what) {
            self.state.db.connection().execute_unprepared(&statement).await.unwrap();
        }
    }

    /// Lets it write again.
    pub async fn allow(&self, what: &str) {
        let statement = database::allow(self.state.db.connection().get_database_backend(), what);
        self.state.db.connection().execute_unprepared(&statement).await.unwrap();
    }

    /// Looks now at what other nodes did, instead of a moment later.
    pub async fn poll(&self) {
        sessions::poll_changes(&self.state).await.unwrap();
    }

    /// Waits until Redis is linked.
    pub async fn until_linked(&self) {
        while !self.state.redis.as_ref().unwrap().is_linked() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Cuts this process, and no other, off the database. It cannot look any more: all it hears from now on is pushed.
    pub async fn disconnect_database(&self) {
        self.until_linked().await;
        while !self.state.cache.is_pushed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.poll().await;
        self.state.db.clone().close().await.unwrap();
    }

    /// Waits until this process forgets a session, while it trusts what it keeps.
    pub async fn until_forgotten(&self, session: SessionId) {
        while self.state.cache.recall(session).is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(self.state.cache.is_current(), "it did not forget: it trusts nothing any more");
    }

    /// Waits until Redis has been linked for so long without a break.
    pub async fn until_linked_for(&self, span: Duration) {
        let mut since = tokio::time::Instant::now();
        while since.elapsed() < span {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if !self.state.redis.as_ref().unwrap().is_linked() {
                since = tokio::time::Instant::now();
            }
        }
    }

    /// Waits until the link to Redis is known to be broken.
    pub async fn until_unlinked(&self) {
        while self.state.redis.as_ref().unwrap().is_linked() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The cookie of somebody's new session, without a request.
    pub async fn sign_in_directly(&self, email: &str) -> String {
        let request = sessions::SignIn {
            email,
            password: Password::new(PASSWORD.to_owned()),
            remember: false,
            delivery: sessions::Delivery::Cookie,
            requester: bifrons::requester::Requester::default(),
            presented: Vec::new(),
        };
        match sessions::sign_in(&self.state, request).await.unwrap().0.credential {
            sessions::Credential::Cookie(cookie) => cookie.reveal().to_string(),
            sessions::Credential::Tokens(_) => unreachable!("asked for a cookie"),
        }
    }

    /// Whether a session cookie counts, without a request.
    pub async fn accepts(&self, cookie: &str) -> bool {
        sessions::by_cookie(&self.state, cookie).await.is_ok()
    }

    /// Ends the session of a cookie, without a request.
    pub async fn end_directly(&self, cookie: &str) {
        let carried = sessions::PresentedCredential::Cookie(cookie.to_owned().into());
        let sessions = sessions::sessions_of(&self.state, &[carried]).await.unwrap();
        sessions::end_all(&self.state, &sessions).await.unwrap();
    }

    /// The first column of the first row, as a number.
    pub async fn count(&self, query: &str) -> i64 {
        let backend = self.state.db.connection().get_database_backend();
        let statement = sea_orm::Statement::from_string(backend, database::dialect(backend, query));
        let row = self.state.db.connection().query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index::<i64>(0).or_else(|_| row.try_get_by_index::<i32>(0).map(i64::from)).unwrap()
    }

    /// All mail that was sent, oldest first, once none waits in the database.
    pub async fn letters(&self) -> Vec<String> {
        while self.count("SELECT count(*) FROM mail").await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let outbox = std::fs::read_dir(self.folder.path().join("outbox")).into_iter().flatten().flatten();
        let mut letters: Vec<_> =
            outbox.map(|file| file.path()).filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
        // Named by their ids, which sort by age.
        letters.sort();
        letters.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

fn read(environment: &[(&str, &str)]) -> Config {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(None, environment).config.unwrap()
}
