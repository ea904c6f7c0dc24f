//! What all nodes on one database have in common: an id, the server secret and the public URL. Every
//! start records them. A node that could not verify what the others sign refuses to start, instead of refusing their users.

pub(crate) mod store;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::deployment::Model;

use crate::{
    audit::{Event, Trail},
    config::Config,
    db::{Db, Unavailable},
    random,
    secret::ServerSecrets,
    signing_keys,
};

/// Why this node does not belong to the deployment.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    #[error(
        "tokens.secrets (or bifrons.key) lacks the secret that the nodes on this database sign with. Give all nodes the same ones; while \
         a secret is replaced, the former one stays in the list. If it is lost, run `bifrons deployment reset` first: refresh tokens \
         become void"
    )]
    Secret,
    #[error("public_url is {own} here and {recorded} on the other nodes on this database; {REMEDY}")]
    PublicUrl { own: String, recorded: String },
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

const REMEDY: &str = "give all nodes the same one. If it was replaced on purpose, run `bifrons deployment reset` first";

const SECRET: &str = "server_secret";
const PUBLIC_URL: &str = "public_url";
/// A fingerprint of the settings of the node that last started.
pub const CONFIGURATION: &str = "configuration";
/// Until when the ends of sessions that expired are in the audit trail.
pub const EXPIRED_UNTIL: &str = "expired_until";
/// Recorded by a former version: the id of the key that its nodes sign with.
const SIGNING_KEY: &str = "signing_key";

/// Whether the nodes on this database sign with a secret already. Then a start must not make one.
pub async fn has_any_secret(db: &Db) -> Result<bool, Unavailable> {
    Ok(store::read(db.connection()).await?.iter().any(|row| row.name == SECRET))
}

/// Compares this node with the deployment, and changes nothing.
pub async fn check(db: &Db, config: &Config, secrets: &ServerSecrets) -> Result<(), DeploymentError> {
    belongs(&store::read(db.connection()).await?, config, &secrets.fingerprints())
}

fn belongs(recorded: &[Model], config: &Config, fingerprints: &[String]) -> Result<(), DeploymentError> {
    let own = config.public_url.as_str();
    if content(recorded, SECRET).is_some_and(|secret| !fingerprints.iter().any(|own| own == secret)) {
        return Err(DeploymentError::Secret);
    }
    match content(recorded, PUBLIC_URL) {
        Some(recorded) if recorded != own && is_public(config) => {
            Err(DeploymentError::PublicUrl { own: own.to_owned(), recorded: recorded.to_owned() })
        }
        _ => Ok(()),
    }
}

/// On loopback the port may change at every start, and no other machine is concerned.
fn is_public(config: &Config) -> bool {
    !config.public_url.is_loopback()
}

fn content<'a>(recorded: &'a [Model], name: &str) -> Option<&'a str> {
    recorded.iter().find(|row| row.name == name).map(|row| row.content.as_str())
}

/// Compares this node with the deployment, and records what it signs with. The first start only records. Nodes that start at the same
/// time see each other: a row that changed since it was read is not written, and the node compares again.
pub async fn join(db: &Db, config: &Config, secrets: &ServerSecrets) -> Result<(), DeploymentError> {
    let fingerprints = secrets.fingerprints();
    loop {
        let recorded = store::read(db.connection()).await?;
        belongs(&recorded, config, &fingerprints)?;
        let secret = fingerprints.first().map(String::as_str);
        let signs_with = [(SECRET, secret), (PUBLIC_URL, is_public(config).then_some(config.public_url.as_str()))];
        let mut is_recorded = true;
        for (name, own) in signs_with {
            let former = content(&recorded, name);
            if let Some(own) = own.filter(|own| is_recorded && former != Some(own)) {
                is_recorded = store::put(db.connection(), name, former, own).await?;
            }
        }
        if is_recorded {
            return Ok(());
        }
    }
}

/// Whether the newest secret is the one that the nodes sign with. Only then can all of them read what this process seals and pushes: it
/// does both with the newest.
pub async fn signs_with_newest(db: &Db, secrets: &ServerSecrets) -> Result<bool, Unavailable> {
    let recorded = store::read(db.connection()).await?;
    let secret = recorded.iter().find(|row| row.name == SECRET);
    Ok(secret.is_some_and(|row| secrets.fingerprints().first() == Some(&row.content)))
}

/// The id of the deployment: random, so that two deployments on one Redis stay apart, and the same for all nodes, whichever secret they
/// sign with.
pub async fn id(db: &Db) -> Result<String, Unavailable> {
    loop {
        if let Some(row) = store::read(db.connection()).await?.into_iter().find(|row| row.name == store::ID) {
            return Ok(row.content);
        }
        // If another process records one at the same time, that one counts.
        store::put(db.connection(), store::ID, None, &URL_SAFE_NO_PAD.encode(random::bytes::<8>())).await?;
    }
}

/// The id of the signing key that the nodes of a former version have in files.
pub(crate) async fn former_signing_key(db: &Db) -> Result<Option<String>, Unavailable> {
    let recorded = store::read(db.connection()).await?;
    Ok(recorded.into_iter().find(|row| row.name == SIGNING_KEY).map(|row| row.content))
}

/// Forgets what the nodes have in common, and removes the signing keys. The next start records it anew, and makes a key.
pub async fn reset(db: &Db, audit: &Trail) -> Result<(), Unavailable> {
    db.retry(async || {
        let tx = db.begin().await?;
        store::remove(&tx, &[store::ID, SECRET, PUBLIC_URL, SIGNING_KEY]).await?;
        signing_keys::store::clear(&tx).await?;
        audit.commit(tx, vec![Event::DeploymentReset.into()]).await
    })
    .await
}
