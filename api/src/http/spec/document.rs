//! The specifications, of the public API and of the admin API: what the API structs declare, and what poem-openapi cannot. They need no
//! state, no database and no environment.

use std::sync::LazyLock;

use poem::http::Method;
use poem_openapi::{ContactObject, LicenseObject, OpenApi, OpenApiService, ServerObject};
use serde_json::{Value, json};

use super::{
    api::Api,
    cookies,
    effective::Effective,
    headers, links, marks,
    operations::{operations, operations_mut},
    problems, schemas,
    tidy::{remove_unused, tidy},
};
use crate::http::{
    admin::{
        actions::AdminActionsApi, audit::AdminAuditApi, keys::AdminKeysApi, mail::AdminMailApi, new_users::AdminNewUsersApi,
        sessions::AdminSessionsApi, statistics::AdminStatisticsApi, users::AdminUsersApi,
        webhook_deliveries::AdminWebhookDeliveriesApi, webhooks::AdminWebhooksApi,
    },
    v1::{
        challenge::ChallengeApi, configuration::ConfigurationApi, email::EmailApi, export::ExportApi, me::MeApi, mint::MintApi,
        passkey_sign_in::PasskeySignInApi, passkeys::PasskeysApi, password::PasswordApi, probe::ProbeApi,
        second_factor::SecondFactorApi, session::SessionApi, sessions::SessionsApi, tokens::TokensApi, users::UsersApi,
        verify::VerifyApi,
    },
};

/// The APIs, in the order of the document: their type, and their values.
macro_rules! apis {
    ($Apis:ident, $APIS:ident: $($api:ident),+ $(,)?) => {
        pub(in crate::http) type $Apis = ($($api),+);

        const $APIS: $Apis = ($($api),+);
    };
}

apis! {
    PublicApis, PUBLIC_APIS:
    UsersApi,
    PasswordApi,
    EmailApi,
    SessionApi,
    ChallengeApi,
    PasskeySignInApi,
    MintApi,
    TokensApi,
    MeApi,
    SecondFactorApi,
    PasskeysApi,
    ExportApi,
    SessionsApi,
    ConfigurationApi,
    VerifyApi,
    ProbeApi,
}

apis! {
    AdminApis, ADMIN_APIS:
    AdminUsersApi,
    AdminNewUsersApi,
    AdminActionsApi,
    AdminSessionsApi,
    AdminAuditApi,
    AdminWebhooksApi,
    AdminWebhookDeliveriesApi,
    AdminMailApi,
    AdminKeysApi,
    AdminStatisticsApi,
}

/// The operations as poem serves them.
pub(in crate::http) fn service() -> OpenApiService<(PublicApis, AdminApis), ()> {
    OpenApiService::new((PUBLIC_APIS, ADMIN_APIS), "", "")
}

/// A document as poem-openapi writes it.
fn written(api: Api) -> String {
    match api {
        Api::Public => described(OpenApiService::new(PUBLIC_APIS, "Bifrons", VERSION), include_str!("openapi.md")),
        Api::Admin => {
            described(OpenApiService::new(ADMIN_APIS, "Bifrons administration", VERSION), include_str!("openapi-admin.md"))
        }
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn described<T: OpenApi>(service: OpenApiService<T, ()>, description: &str) -> String {
    service
        .description(description)
        .contact(ContactObject::new().name("The Bifrons authors"))
        .license(LicenseObject::new("MIT OR Apache-2.0").url("https://spdx.org/licenses/"))
        .server(ServerObject::new("/").description("The service that serves this document"))
        .spec()
}

/// The documents of any deployment.
static PUBLIC: LazyLock<Value> = LazyLock::new(|| document(Api::Public, &Effective::any()));
static ADMIN: LazyLock<Value> = LazyLock::new(|| document(Api::Admin, &Effective::any()));

/// The finished document. It adds what poem-openapi cannot say.
pub(super) fn document(api: Api, effective: &Effective) -> Value {
    let mut document: Value = serde_json::from_str(&written(api)).unwrap_or_default();
    tidy(&mut document);
    document["servers"][0]["url"] = effective.url.as_str().into();
    for (_, operation) in operations_mut(&mut document) {
        if operation.get("security").is_none() {
            operation["security"] = json!([]);
        }
    }
    problems::complete(&mut document);
    headers::complete(&mut document, effective);
    cookies::name(&mut document, effective);
    schemas::complete(&mut document, api, effective);
    links::add(&mut document);
    marks::add(&mut document);
    remove_unused(&mut document);
    document
}

/// A document as it is written to a file.
pub(super) fn text(document: &Value) -> String {
    format!("{document:#}\n")
}

/// The document as it is written to `openapi.json` or `openapi-admin.json`.
pub fn spec(api: Api) -> String {
    text(match api {
        Api::Public => &PUBLIC,
        Api::Admin => &ADMIN,
    })
}

/// The methods that a path has operations for.
pub(in crate::http) fn methods(path: &str) -> Vec<Method> {
    if !path.starts_with('/') {
        // `OPTIONS *` asks about the service as a whole (RFC 9110 section 9.3.7).
        return vec![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    }
    served()
        .filter(|(template, ..)| is_at(template, path))
        .filter_map(|(_, method, _)| method.to_uppercase().parse().ok())
        .collect()
}

/// What a reference inside a document names; a value that is none stands for itself. What both documents have is the same in both.
pub(in crate::http) fn resolve(value: &'static Value) -> &'static Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| PUBLIC.pointer(pointer).or_else(|| ADMIN.pointer(pointer))).unwrap_or(value)
}

/// Whether a path is one that the template stands for.
pub(in crate::http) fn is_at(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| wanted.starts_with('{') || *wanted == given)
}

/// The operation that a request is for.
pub(in crate::http) fn operation_at(method: &Method, path: &str) -> Option<&'static Value> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let found = served().find(|(template, other, _)| method.as_str().eq_ignore_ascii_case(other) && is_at(template, path));
    found.map(|(.., operation)| operation)
}

/// The names and schemas of the query parameters that the operation of a request declares.
pub(in crate::http) fn query_parameters(method: &Method, path: &str) -> Vec<(&'static str, &'static Value)> {
    let parameters = operation_at(method, path).and_then(|operation| operation["parameters"].as_array()).into_iter().flatten();
    let declared = parameters.filter(|parameter| parameter["in"] == "query");
    declared
        .filter_map(|parameter| {
            // A described reference stands in `allOf`.
            let schema = &parameter["schema"];
            Some((parameter["name"].as_str()?, resolve(schema["allOf"].get(0).unwrap_or(schema))))
        })
        .collect()
}

/// The operations of both documents of any deployment: path, method, operation.
pub(in crate::http) fn served() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    all(Api::Public).chain(all(Api::Admin))
}

/// The operations of a document of any deployment.
pub(in crate::http) fn all(api: Api) -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    operations(match api {
        Api::Public => &PUBLIC,
        Api::Admin => &ADMIN,
    })
}

#[cfg(test)]
mod tests {
    use super::{Api, written};
    use crate::http::parse_strict_json;

    /// poem-openapi writes a path once for each API that has it, and a reader keeps the last one.
    #[test]
    fn no_path_is_written_twice() {
        for api in [Api::Public, Api::Admin] {
            parse_strict_json(written(api).as_bytes()).unwrap();
        }
    }
}
