//! All that can be wrong, each with a code for scripts, a sentence, the rule it breaks and its remedy.

use super::Remedy;

macro_rules! mistakes {
    ($($name:ident, $code:literal, $remedy:ident, $standard:literal, $sentence:literal;)*) => {
        /// Why a browser does not do what the frontend hopes for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mistake {
            $(#[doc = $sentence] $name,)*
        }

        impl Mistake {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What scripts call it.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// What is wrong.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),* }
            }

            /// Where the rule stands.
            pub fn standard(self) -> &'static str {
                match self { $(Self::$name => $standard),* }
            }

            /// What to do about it.
            pub fn remedy(self) -> Remedy {
                match self { $(Self::$name => Remedy::$remedy),* }
            }
        }
    };
}

mistakes! {
    MixedContent, "mixed_content", Https, "Mixed Content, section 4",
        "A page of https may not call an API of http: the browser blocks the call.";
    NoCorsHeaders, "no_cors_headers", AllowOrigin, "Fetch, CORS check",
        "The answer has no Access-Control-Allow-Origin, so the page may not read it.";
    OriginWildcard, "origin_wildcard", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin is *, which does not count for a call with credentials.";
    OriginPort, "origin_port", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin names the frontend's host with another port.";
    OriginSlash, "origin_slash", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin ends with a slash, and an origin has none.";
    OriginSeveral, "origin_several", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin has several values, and only one is allowed.";
    OriginNull, "origin_null", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin is null, which is no frontend's origin.";
    OriginOther, "origin_other", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin names another origin than the frontend's.";
    CredentialsNotAllowed, "credentials_not_allowed", AllowCredentials, "Fetch, CORS check",
        "Access-Control-Allow-Credentials is not true, so no call with cookies may be read.";
    PreflightUnauthorized, "preflight_unauthorized", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The preflight is refused. It carries no credentials, ever, and must be answered with 2xx.";
    PreflightRedirected, "preflight_redirected", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The preflight is redirected. It must be answered with 2xx where it was sent.";
    PreflightUnknown, "preflight_unknown", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "Nobody answers the preflight: there is no OPTIONS at the path of the call.";
    PreflightFailed, "preflight_failed", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The preflight fails. It must be answered with 2xx.";
    MethodNotAllowed, "method_not_allowed", AllowMethod, "Fetch, CORS-preflight fetch",
        "Access-Control-Allow-Methods does not list the method; with credentials * does not count.";
    ContentTypeNotAllowed, "content_type_not_allowed", AllowContentType, "Fetch, CORS-preflight fetch",
        "Access-Control-Allow-Headers does not list content-type; with credentials * does not count.";
    NoCookie, "no_cookie", GiveCredentials, "RFC 6265bis, section 5.7",
        "The sign-in was answered without a cookie, so there is nothing to judge.";
    SameSiteMissing, "same_site_missing", CrossSiteCookie, "RFC 6265bis, sections 5.6.7 and 5.7",
        "The cookie has no SameSite, which counts as Lax, and the page is on another site.";
    SameSiteAcrossSites, "same_site_across_sites", CrossSiteCookie, "RFC 6265bis, section 5.7",
        "The cookie is SameSite=Lax or Strict, and the page is on another site.";
    SchemesDiffer, "schemes_differ", Https, "RFC 6265bis, section 5.2",
        "One of page and API is https, the other http: the scheme counts, so they are two sites.";
    LoopbackNamesDiffer, "loopback_names_differ", OneLoopbackName, "RFC 6265bis, section 5.2",
        "Page and API use two names of this machine, and each of them is a site of its own.";
    ThirdPartyBlocked, "third_party_blocked", SiblingHost, "RFC 6265bis, section 7.1",
        "To a page on another site the cookie is a third party's, and these browsers keep none.";
    NoneWithoutSecure, "none_without_secure", AddSecure, "RFC 6265bis, section 5.7",
        "The cookie is SameSite=None without Secure.";
    PartitionedWithoutSecure, "partitioned_without_secure", AddSecure, "CHIPS, section 2.1",
        "The cookie is Partitioned without Secure.";
    SecureOverHttp, "secure_over_http", SecureNeedsHttps, "RFC 6265bis, section 5.7",
        "The cookie is Secure, and the API is plain http.";
    DomainIsFrontend, "domain_is_frontend", DropDomain, "RFC 6265bis, sections 5.1.3 and 5.7",
        "Domain names the frontend's host, and a server may set cookies for its own host alone.";
    DomainMismatch, "domain_mismatch", DropDomain, "RFC 6265bis, sections 5.1.3 and 5.7",
        "Domain is neither the API's host nor a parent of it.";
    DomainPublicSuffix, "domain_public_suffix", DropDomain, "RFC 6265bis, section 5.7",
        "Domain is a public suffix, below which unrelated sites live.";
    PrefixBroken, "prefix_broken", KeepPrefix, "RFC 6265bis, sections 4.1.3 and 5.7",
        "__Host- demands Secure, Path=/, no Domain; __Secure- Secure; their Http kin HttpOnly too.";
    CookieTooLarge, "cookie_too_large", SmallCookie, "RFC 6265bis, section 5.6",
        "Name and value of the cookie are over 4096 bytes.";
    VaryMissing, "vary_missing", AddVary, "Fetch, CORS protocol and HTTP caches",
        "The answer is for one origin, and without Vary: Origin a cache hands it to others.";
    HttpOnlyMissing, "http_only_missing", AddHttpOnly, "RFC 6265bis, section 4.1.2.6",
        "The cookie is not HttpOnly: every script on the page can read it and send it away.";
    PathNarrow, "path_narrow", WidenPath, "RFC 6265bis, section 5.1.4",
        "The cookie goes only to paths below its Path (without one: below where it was set).";
}

impl Mistake {
    /// Whether everything works in spite of it, for now.
    pub fn is_warning(self) -> bool {
        matches!(self, Self::VaryMissing | Self::HttpOnlyMissing | Self::PathNarrow)
    }
}

#[cfg(test)]
mod tests {
    use super::Mistake;

    #[test]
    fn codes_are_unique_and_sentences_are_sentences() {
        let mut codes: Vec<_> = Mistake::ALL.iter().map(|mistake| mistake.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Mistake::ALL.len());
        assert!(Mistake::ALL.iter().all(|mistake| mistake.sentence().ends_with('.') && mistake.sentence().len() < 100));
    }
}
