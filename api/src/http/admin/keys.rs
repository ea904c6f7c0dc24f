//! The keys that sign access tokens. No answer has one of them.

use entity::UnixMillis;
use poem_openapi::{Enum, Object, OpenApi, param::Path, types::Example};
use serde::Serialize;

use super::{parameters::SigningKeyId, tag::AdminTag};
use crate::{
    administration::{ChangeKeyError, retire_key, rotate_key},
    http::{
        request::{
            State,
            admin::{Admin, KeysRead, KeysWrite},
            body::Body,
        },
        response::{
            problem::{ErrorResponse, problems},
            reply::{NoContent, Reply},
            timestamp::Timestamp,
        },
        v1::{model::instant, session::StoreError},
    },
    secret::Algorithm,
    signing_keys::{self, Listed, PUBLISHED_FOR, READ_BY_ALL_AFTER, Rotation, SigningKeysError, Stage},
};

/// Where a key is in its life.
#[derive(Clone, Copy, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum KeyStage {
    /// Verifiers learn of it.
    Published,
    /// It signs.
    Signing,
    /// The next key signs. Its tokens may be valid still.
    Retired,
}

/// A key that signs access tokens, without the key itself.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct AdminSigningKey {
    /// The `kid` of its tokens and in the JWKS.
    id: String,
    /// The `alg` of its tokens: `EdDSA` or `ES256`.
    algorithm: String,
    stage: KeyStage,
    /// Since when it signs, or from when on it will.
    signs_from: Timestamp,
    /// When it is removed, if it has retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_until: Option<Timestamp>,
}

impl From<Listed> for AdminSigningKey {
    fn from(Listed { id, algorithm, signs_from, stage }: Listed) -> Self {
        let (stage, until) = match stage {
            Stage::Published(_) => (KeyStage::Published, None),
            Stage::Signing => (KeyStage::Signing, None),
            Stage::Retired(until) => (KeyStage::Retired, Some(instant(until))),
        };
        Self { id, algorithm, stage, signs_from: instant(signs_from), published_until: until }
    }
}

impl Example for AdminSigningKey {
    fn example() -> Self {
        Self {
            id: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".to_owned(),
            algorithm: Algorithm::EdDsa.name().to_owned(),
            stage: KeyStage::Retired,
            signs_from: instant(UnixMillis(1_767_171_600_000)),
            published_until: Some(instant(UnixMillis(1_767_258_000_000))),
        }
    }
}

/// All keys, oldest first.
#[derive(Object, Serialize)]
#[oai(example)]
struct AdminSigningKeyList {
    items: Vec<AdminSigningKey>,
}

impl Example for AdminSigningKeyList {
    fn example() -> Self {
        Self { items: vec![AdminSigningKey::example()] }
    }
}

/// Publishing the next key.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct RotateKeysRequest {
    /// Let it sign as soon as every node has read it, in twenty seconds: services that cached the JWKS may refuse its tokens for five
    /// minutes. If it is left out, it signs in ten minutes.
    now: Option<bool>,
}

impl Example for RotateKeysRequest {
    fn example() -> Self {
        Self { now: Some(false) }
    }
}

/// The key that was published.
#[derive(Object, Serialize)]
#[oai(example)]
struct PublishedKey {
    /// The `kid` of its tokens and in the JWKS.
    id: String,
    /// The `alg` of its tokens: `EdDSA` or `ES256`.
    algorithm: String,
    /// From when on it signs.
    signs_from: Timestamp,
}

impl From<Rotation> for PublishedKey {
    fn from(Rotation { id, algorithm, signs_from }: Rotation) -> Self {
        Self { id, algorithm: algorithm.name().to_owned(), signs_from: instant(signs_from) }
    }
}

impl Example for PublishedKey {
    fn example() -> Self {
        let AdminSigningKey { id, algorithm, signs_from, .. } = AdminSigningKey::example();
        Self { id, algorithm, signs_from }
    }
}

/// The problems of an operation that changes the keys.
struct ChangingKeys(ChangeKeyError);

problems!(ChangingKeys {
    ChangingKeys(ChangeKeyError::NotAllowedAnyMore) => AdminRequired,
    ChangingKeys(ChangeKeyError::Store(error) | ChangeKeyError::Keys(SigningKeysError::Unavailable(error))) => (StoreError: StoreError(error)),
    // `bifrons deployment reset` ran beside this node, which goes on until it is stopped.
    ChangingKeys(error @ ChangeKeyError::Keys(SigningKeysError::Missing)) => Unavailable.log(&error),
    ChangingKeys(error) => InternalError.log(&error),
});

/// The problems of `rotateKeys`.
struct Rotating(ChangeKeyError);

problems!(Rotating {
    Rotating(ChangeKeyError::TooMany) => TooManyKeys,
    Rotating(error) => (ChangingKeys: ChangingKeys(error)),
});

/// The problems of `retireKey`.
struct Retiring(ChangeKeyError);

problems!(Retiring {
    Retiring(ChangeKeyError::NotFound) => NotFound,
    Retiring(ChangeKeyError::Signs) => KeySigns,
    Retiring(error) => (ChangingKeys: ChangingKeys(error)),
});

pub(in crate::http) struct AdminKeysApi;

#[OpenApi(prefix_path = "/v1/admin/keys", tag = "AdminTag::Keys")]
impl AdminKeysApi {
    /// List signing keys
    ///
    /// Answers with all keys, oldest first, without the keys themselves. `/.well-known/jwks.json` has their public halves.
    #[oai(path = "/", method = "get", operation_id = "listKeys")]
    async fn list(
        &self,
        state: State<'_>,
        _operator: Admin<KeysRead>,
    ) -> Result<Reply<200, AdminSigningKeyList>, ErrorResponse<StoreError>> {
        let found = signing_keys::list(&state.db, state.clock.now()).await.map_err(StoreError)?;
        Ok(Reply(AdminSigningKeyList { items: found.into_iter().map(Into::into).collect() }))
    }

    /// Publish the next signing key
    ///
    /// Makes a key of the newest one's algorithm. It signs later, after all who verify its tokens have learned of it.
    #[oai(path = "/rotate", method = "post", operation_id = "rotateKeys")]
    async fn rotate(
        &self,
        state: State<'_>,
        operator: Admin<KeysWrite>,
        body: Body<RotateKeysRequest>,
    ) -> Result<Reply<201, PublishedKey>, ErrorResponse<Rotating>> {
        let until = if body.0.now == Some(true) { READ_BY_ALL_AFTER } else { PUBLISHED_FOR };
        Ok(Reply(rotate_key(&state, &operator.0, state.clock.now().plus(until)).await.map_err(Rotating)?.into()))
    }

    /// Remove a signing key
    ///
    /// Its tokens are void here within ten seconds, and at other services when their cached JWKS expires. The key that signs is not
    /// removed: an older one, which may be the stolen one, would sign again.
    #[oai(path = "/:id/retire", method = "post", operation_id = "retireKey")]
    async fn retire(
        &self,
        state: State<'_>,
        operator: Admin<KeysWrite>,
        /// The id of the key: `kid`.
        id: Path<SigningKeyId>,
    ) -> Result<NoContent, ErrorResponse<Retiring>> {
        retire_key(&state, operator.0, &id.0.0).await.map_err(Retiring)?;
        Ok(NoContent)
    }
}
