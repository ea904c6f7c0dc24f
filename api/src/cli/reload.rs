//! What a running service takes over: its certificate, from where it is called, and the level of its log.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use tokio::{signal::unix::Signal, task::JoinHandle, time::timeout};

use super::{effective::note_configuration, failure::Failure, log::SetLevel, settings::load};
use crate::{
    config::{CallersConfig, Config, LogConfig, Setting},
    http::listener::tls::Certificate,
    state::AppState,
};

/// How often the files of the certificate are read again: who renews it need not tell the service.
const READ_CERTIFICATE_EVERY: Duration = Duration::from_secs(30);

/// How long reading a file may take: one on a network may never answer. Until then the service goes on with what it has.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// What cookies are derived from, beside the origins. It needs a restart.
const PINNED: [&str; 2] = ["public_url", "cookie.domain"];

/// What a running service takes over, and how.
pub(super) struct Reload {
    /// The configuration file, if there was one at the start.
    pub(super) file: Option<PathBuf>,
    /// The settings in effect.
    pub(super) settings: Vec<Setting>,
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) set_level: SetLevel,
    pub(super) state: Arc<AppState>,
}

impl Reload {
    /// Reads the certificate and the configuration again at SIGHUP, and the certificate from time to time. Never returns.
    pub(super) async fn run(mut self, mut hang_up: Signal) {
        self.measure();
        let (mut reading_certificate, mut reading_configuration) = (None, None);
        loop {
            let is_asked = tokio::select! {
                Some(()) = hang_up.recv() => true,
                () = tokio::time::sleep(READ_CERTIFICATE_EVERY) => false,
            };
            if let Some(certificate) = self.certificate.clone() {
                read_within(&mut reading_certificate, "tls.cert and tls.key", move || read_again(&certificate, is_asked)).await;
                self.measure();
            }
            if is_asked {
                let file = self.file.clone();
                match read_within(&mut reading_configuration, "the configuration", move || load_again(file.as_ref())).await {
                    Some(Ok((settings, config))) => {
                        self.take_over(&settings, &config);
                        note_configuration(&self.state, &self.settings, "reloaded").await;
                    }
                    Some(Err(failure)) => {
                        tracing::warn!(error = reason(&failure), "the configuration is invalid; the former one stays");
                    }
                    None => {}
                }
            }
        }
    }

    fn measure(&self) {
        let expires = self.certificate.as_ref().and_then(|certificate| certificate.expires());
        self.state.metrics.node.certificate_expires.set(expires.unwrap_or_default());
    }

    /// Takes over what can be, and says what changed and what needs a restart.
    fn take_over(&mut self, read: &[Setting], config: &Config) {
        let was = |key: &str| self.settings.iter().find(|setting| setting.key == key);
        let is_changed = |setting: &&Setting| was(setting.key).is_none_or(|former| !former.is_same(setting));
        let changed: Vec<_> = read.iter().filter(is_changed).collect();
        let is_pinned = changed.iter().any(|setting| PINNED.contains(&setting.key));
        let (live, waiting): (Vec<_>, Vec<_>) = changed.into_iter().partition(|setting| match setting.key {
            LogConfig::LEVEL => true,
            key => CallersConfig::KEYS.contains(&key) && !is_pinned,
        });
        if live.is_empty() && waiting.is_empty() {
            tracing::info!("the configuration is the same");
        }
        if live.iter().any(|setting| CallersConfig::KEYS.contains(&setting.key)) {
            self.state.config.callers.replace(CallersConfig::clone(&config.callers.get()));
        }
        if live.iter().any(|setting| setting.key == LogConfig::LEVEL) {
            (self.set_level)(config.log.level);
        }
        for setting in live {
            let Some(former) = self.settings.iter_mut().find(|former| former.key == setting.key) else { continue };
            tracing::info!(key = setting.key, from = former.value, to = setting.value, "a new setting is in effect");
            *former = setting.clone();
        }
        if !waiting.is_empty() {
            let keys = waiting.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ");
            tracing::warn!(keys, "restart the service to apply these settings");
        }
    }
}

/// Runs `read` on a thread of its own: reading a pipe, or a file of a server that is away, blocks. `None` if it takes too long. Then it is
/// not begun again before it has ended, so that no threads pile up.
async fn read_within<T: Send + 'static>(
    running: &mut Option<JoinHandle<T>>,
    what: &'static str,
    read: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if running.as_ref().is_none_or(JoinHandle::is_finished) {
        *running = Some(tokio::task::spawn_blocking(read));
    }
    let Ok(read) = timeout(READ_WITHIN, running.as_mut()?).await else {
        tracing::warn!(within = ?READ_WITHIN, "{what} cannot be read; the former values stay");
        return None;
    };
    *running = None;
    read.ok()
}

/// A pipe gave its content at the start, and has none any more.
fn load_again(file: Option<&PathBuf>) -> Result<(Vec<Setting>, Config), Failure> {
    if let Some(file) = file
        && fs::metadata(file).is_ok_and(|metadata| !metadata.is_file())
    {
        return Err(Failure::Failed(format!("{} is no regular file, so it cannot be read again", file.display())));
    }
    load(file)
}

fn read_again(certificate: &Certificate, is_asked: bool) {
    match certificate.reload() {
        Ok(true) => tracing::info!("new connections get the new certificate"),
        Err(error) => tracing::warn!(error, "the certificate cannot be read; the former one stays"),
        Ok(false) if is_asked => tracing::info!("the certificate is the same"),
        Ok(false) => {}
    }
}

fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Configuration(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Failure::Failed(sentence) => sentence.clone(),
        Failure::Reported | Failure::ReportedConfiguration => String::new(),
    }
}
