//! Claims that access tokens carry beside those of RFC 9068.

/// Where the value of a claim comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimSource {
    /// The address of the user.
    Email,
    /// Whether the user has shown that they read mail at it.
    EmailVerified,
    /// A member of `app_metadata`; without it there is no claim.
    AppMetadata(String),
}

/// A claim that access tokens carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name in the token.
    pub name: String,
    /// Where its value comes from.
    pub source: ClaimSource,
}

/// Claims that mean something to those who verify tokens: RFC 7519, 7800, 8693 and 9068, OpenID Connect, and our own.
const REGISTERED: [&str; 26] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "auth_time",
    "amr",
    "acr",
    "azp",
    "client_id",
    "scope",
    "roles",
    "groups",
    "entitlements",
    "act",
    "may_act",
    "cnf",
    "nonce",
    "at_hash",
    "c_hash",
    "typ",
    "events",
    "sub_id",
];

impl Claim {
    /// Reads `email_verified`, `plan`, or `tier=plan`: the member `plan` of `app_metadata` as the claim `tier`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, member) = text.split_once('=').unwrap_or((text, text));
        let is_name = |name: &str| {
            (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-:/.".contains(&byte))
        };
        if !is_name(name) || !is_name(member) {
            return Err("write email, email_verified, a member of app_metadata, or CLAIM=MEMBER".to_owned());
        }
        if REGISTERED.contains(&name) {
            return Err(format!("must not replace the registered claim {name}; write CLAIM=MEMBER with another name"));
        }
        let source = match text {
            "email" => ClaimSource::Email,
            "email_verified" => ClaimSource::EmailVerified,
            _ if matches!(name, "email" | "email_verified") => {
                return Err(format!("{name} comes from the address of the user; write CLAIM=MEMBER with another name"));
            }
            _ => ClaimSource::AppMetadata(member.to_owned()),
        };
        Ok(Self { name: name.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, ClaimSource, REGISTERED};

    #[test]
    fn claims() {
        let parsed = |text: &str| Claim::parse(text).map(|claim| (claim.name, claim.source));
        let member = |name: &str| ClaimSource::AppMetadata(name.to_owned());
        assert_eq!(parsed("plan"), Ok(("plan".to_owned(), member("plan"))));
        assert_eq!(parsed("https://example.com/tier=plan"), Ok(("https://example.com/tier".to_owned(), member("plan"))));
        assert_eq!(parsed("email_verified"), Ok(("email_verified".to_owned(), ClaimSource::EmailVerified)));
        for registered in REGISTERED {
            assert!(parsed(registered).is_err() && parsed(&format!("{registered}=plan")).is_err(), "{registered}");
        }
        for wrong in ["", "=", "a=", "=a", "a b", "email=plan", "email_verified=plan", "a=b=c", "\u{e9}"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
