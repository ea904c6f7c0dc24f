//! The service in this process: real sockets, a new database from the real migrations, and a clock that the test sets.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bifrons::{
    clock::Clock,
    config::{Config, MailTransport},
    http, maintenance,
    secret::Password,
    sessions,
    state::AppState,
};
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

    /// Starts with some settings changed. Hashing is cheap, because these tests do not measure its cost.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), Clock::manual(START), change).await
    }

    /// The default configuration.
    pub fn config() -> Config {
        read(&[])
    }

    /// Like `configured`, with the data folder in memory, so that no write waits for a disk.
    pub async fn in_memory(change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::new(tempfile::tempdir_in("/dev/shm").unwrap()), Clock::manual(START), change).await
    }

    /// Starts with settings from environment variables.
    pub async fn with_environment(environment: &[(&str, &str)]) -> Self {
        let config = read(environment);
        Box::pin(Self::configured(|current| {
            let data_dir = current.data_dir.clone();
            let database = current.database.clone();
            let mut mail = config.mail;
            if let MailTransport::Folder(_) = mail.transport {
                mail.transport = current.mail.transport.clone();
            }
            *current = Config { data_dir, database, mail, passwords: current.passwords.clone(), limits: current.limits, ..config };
        }))
        .await
    }

    /// Another node on the same data.
    pub async fn another(&self) -> Self {
        let Config { tokens, redis, sessions, .. } = self.state.config.clone();
        let change = |config: &mut Config| (config.tokens, config.redis, config.sessions) = (tokens, redis, sessions);
        Self::open(Arc::clone(&self.folder), self.state.clock.clone(), change).await
    }

    /// Another node on the same data, with another configuration.
    pub async fn reconfigured(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::clone(&self.folder), self.state.clock.clone(), change).await
    }

    /// Starts on an existing data folder.
    pub async fn open(folder: Arc<TempDir>, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = read(&[("BIFRONS_DATA_DIR", folder.path().to_str().unwrap())]);
        if let Some(url) = database::url(folder.path()).await {
            config.database.url = url;
            config.database.isolation = database::isolation();
        }
        config.passwords.hashing.memory_kib = 64;
        config.passwords.hashing.iterations = 1;
        config.passwords.hashing.queue = 2000;
        // All users of a test have one address.
        config.limits = None;
        change(&mut config);
        let state = Arc::new(Box::pin(AppState::open(config, clock)).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(http::listener::server::serve(listener, None, http::app::app(Arc::clone(&state)), std::future::pending()));
        tokio::spawn(maintenance::run(Arc::clone(&state)));
        Self { address, state, folder }
    }

    /// A new client with an empty cookie jar.
    pub fn client(&self) -> Actor {
        Actor::new(format!("http://{}", self.address))
    }

    /// The client of the user Ada, signed up and signed in by cookie.
    pub async fn ada(&self) -> Actor {
        let ada = self.client();
        ada.sign_up(EMAIL, PASSWORD).await.expect(201);
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        ada
    }

    /// Moves the clock forward, after the writes that follow an answer are done.
    pub async fn advance(&self, by: Duration) {
        self.state.touches.idle().await;
        self.state.clock.advance(by);
    }

    /// Changes the database without a new version of the row, and clears this node's cache.
    pub async fn sql(&self, statement: &str) {
        self.execute(statement).await;
        self.state.cache.clear();
    }

    /// Changes the database, and keeps the cache.
    pub async fn execute(&self, statement: &str) {
        let db = self.state.db.connection();
        db.execute_unprepared(&database::dialect(db.get_database_backend(), statement)).await.unwrap();
    }

    /// Makes the database refuse to write to a table, like a full disk.
    pub async fn forbid(&self, what: &str) {
        for statement in database::forbid(self.state.db.connection().get_database_backend(), what) {
            self.state.db.connection().execute_unprepared(&statement).await.unwrap();
        }
    }

    /// Undoes `forbid`.
    pub async fn allow(&self, what: &str) {
        let statement = database::allow(self.state.db.connection().get_database_backend(), what);
        self.state.db.connection().execute_unprepared(&statement).await.unwrap();
    }

    /// Polls the changes of other nodes now, instead of at the next interval.
    pub async fn poll(&self) {
        sessions::poll_changes(&self.state).await.unwrap();
    }

    /// Waits until this node is connected to Redis.
    pub async fn until_linked(&self) {
        while !self.state.redis.as_ref().unwrap().is_linked() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Closes the database connections of this node. From then on it learns of changes only by push.
    pub async fn disconnect_database(&self) {
        self.until_linked().await;
        while !self.state.cache.is_pushed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.poll().await;
        self.state.db.clone().close().await.unwrap();
    }

    /// Waits until a change removes a session from the cache of this node. That the cache is no longer current removes nothing.
    pub async fn until_forgotten(&self, session: SessionId) {
        while self.state.cache.entry(session).is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until this node was connected to Redis for `span` without interruption.
    pub async fn until_linked_for(&self, span: Duration) {
        let mut since = tokio::time::Instant::now();
        while since.elapsed() < span {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if !self.state.redis.as_ref().unwrap().is_linked() {
                since = tokio::time::Instant::now();
            }
        }
    }

    /// Waits until this node knows that the connection to Redis is broken.
    pub async fn until_unlinked(&self) {
        while self.state.redis.as_ref().unwrap().is_linked() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Signs a user in without a request, and returns the session cookie.
    pub async fn sign_in_directly(&self, email: &str) -> String {
        let request = sessions::SignIn {
            email,
            password: Password::new(PASSWORD.to_owned()),
            remember: false,
            delivery: sessions::Delivery::Cookie,
            requester: bifrons::requester::Requester::default(),
            presented: Vec::new(),
        };
        match sessions::sign_in(&self.state, request).await.unwrap() {
            sessions::SignedIn::Session(sessions::Established { credential: sessions::Credential::Cookie(cookie), .. }, _) => {
                cookie.reveal().to_string()
            }
            other => unreachable!("asked for a cookie: {other:?}"),
        }
    }

    /// Whether a session cookie is valid, without a request.
    pub async fn accepts(&self, cookie: &str) -> bool {
        sessions::by_cookie(&self.state, cookie).await.is_ok()
    }

    /// Ends the session of a cookie without a request.
    pub async fn end_directly(&self, cookie: &str) {
        let presented = sessions::PresentedCredential::Cookie(cookie.to_owned().into());
        let sessions = sessions::sessions_of(&self.state, &[presented]).await.unwrap();
        sessions::end_all(&self.state, &sessions).await.unwrap();
    }

    /// The first column of the first row, as a number.
    pub async fn count(&self, query: &str) -> i64 {
        let backend = self.state.db.connection().get_database_backend();
        let statement = sea_orm::Statement::from_string(backend, database::dialect(backend, query));
        let row = self.state.db.connection().query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index::<i64>(0).or_else(|_| row.try_get_by_index::<i32>(0).map(i64::from)).unwrap()
    }

    /// Waits until the outbox is empty, and returns all delivered mail, oldest first.
    pub async fn letters(&self) -> Vec<String> {
        while self.count("SELECT (SELECT count(*) FROM outgoing_mail) + (SELECT count(*) FROM reset_request)").await > 0 {
            assert_eq!(self.count("SELECT count(*) FROM outgoing_mail WHERE dead_at IS NOT NULL").await, 0, "a mail was given up");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let outbox = std::fs::read_dir(self.folder.path().join("outbox")).into_iter().flatten().flatten();
        let mut letters: Vec<_> =
            outbox.map(|file| file.path()).filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
        // The names are ids, which sort by age.
        letters.sort();
        letters.iter().map(|path| readable(&std::fs::read(path).unwrap())).collect()
    }
}

/// A mail as its reader sees it: receiver, subject and plain text.
pub fn readable(mail: &[u8]) -> String {
    let mail = mail_parser::MessageParser::new().parse(mail).unwrap();
    let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap().to_owned();
    format!("To: {to}\r\nSubject: {}\r\n\r\n{}", mail.subject().unwrap(), mail.body_text(0).unwrap())
}

fn read(environment: &[(&str, &str)]) -> Config {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(None, environment).config.unwrap()
}
