//! What all nodes on one database have in common: the server secret and the key that the nodes sign with, and the public URL. Every start
//! records them. A node that could not verify what the others sign refuses to start, instead of refusing their users.

pub(crate) mod store;

use crate::{
    config::Config,
    db::{Db, Unavailable},
    secret::{ServerSecrets, SigningKeys},
};

/// Why this node does not belong to the deployment.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    #[error("tokens.secrets (or bifrons.key) lacks the secret that the nodes on this database sign with; {REMEDY}")]
    Secret,
    #[error("the signing key {0} of the nodes on this database is not in data_dir of this node; {REMEDY}")]
    SigningKey(String),
    #[error("public_url is {own} here and {recorded} on the other nodes on this database; {REMEDY}")]
    PublicUrl { own: String, recorded: String },
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

const REMEDY: &str = "give all nodes the same one. If it was replaced on purpose, run `bifrons deployment reset` first";

const SECRET: &str = "server_secret";
const SIGNING_KEY: &str = "signing_key";
const PUBLIC_URL: &str = "public_url";

/// Compares this node with the deployment, and records what it signs with. The first start only records.
pub async fn join(db: &Db, config: &Config, secrets: &ServerSecrets, keys: &SigningKeys) -> Result<(), DeploymentError> {
    let fingerprints = secrets.fingerprints();
    let recorded = store::read(db.connection()).await?;
    let recorded = |name: &str| recorded.iter().find(|row| row.name == name).map(|row| row.content.as_str());
    if recorded(SECRET).is_some_and(|secret| !fingerprints.iter().any(|own| own == secret)) {
        return Err(DeploymentError::Secret);
    }
    if let Some(id) = recorded(SIGNING_KEY).filter(|id| keys.find(id).is_none()) {
        return Err(DeploymentError::SigningKey(id.to_owned()));
    }
    let own = config.public_url.as_str();
    // On loopback the port may change at every start, and no other machine is concerned.
    let is_public = !config.public_url.is_loopback();
    if let Some(recorded) = recorded(PUBLIC_URL).filter(|recorded| is_public && *recorded != own) {
        return Err(DeploymentError::PublicUrl { own: own.to_owned(), recorded: recorded.to_owned() });
    }
    let secret = fingerprints.first().map(String::as_str);
    let signs_with = [(SECRET, secret), (SIGNING_KEY, Some(keys.signing().id.as_str())), (PUBLIC_URL, is_public.then_some(own))];
    for (name, content) in signs_with {
        if let Some(content) = content.filter(|content| recorded(name) != Some(content)) {
            store::put(db.connection(), name, content).await?;
        }
    }
    Ok(())
}

/// Forgets what the nodes have in common. The next start records it anew.
pub async fn reset(db: &Db) -> Result<(), Unavailable> {
    store::remove(db.connection(), &[SECRET, SIGNING_KEY, PUBLIC_URL]).await
}
