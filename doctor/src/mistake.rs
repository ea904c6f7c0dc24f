//! Every mistake, with its code for scripts, a sentence, the rule that it breaks and its remedy.

use super::Remedy;

macro_rules! mistakes {
    ($($name:ident, $code:literal, $remedy:ident, $standard:literal, $sentence:literal;)*) => {
        /// Why a browser does not do what the frontend needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mistake {
            $(#[doc = $sentence] $name,)*
        }

        impl Mistake {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),* }
            }

            /// The rule that it breaks.
            pub fn standard(self) -> &'static str {
                match self { $(Self::$name => $standard),* }
            }

            pub fn remedy(self) -> Remedy {
                match self { $(Self::$name => Remedy::$remedy),* }
            }
        }
    };
}

mistakes! {
    LoopbackNamesDiffer, "loopback_names_differ", OneLoopbackName, "RFC 6265bis, section 5.2",
        "Page and API use two names of this machine, and each name is a site of its own.";
    MixedContent, "mixed_content", Https, "Mixed Content, section 4",
        "An https page may not call an http API: the browser blocks the call.";
    SchemesDiffer, "schemes_differ", Https, "RFC 6265bis, section 5.2",
        "One of page and API is https, the other http: the scheme counts, so they are two sites.";
    NoCorsHeaders, "no_cors_headers", AllowOrigin, "Fetch, CORS check",
        "The answer has no Access-Control-Allow-Origin, so the page may not read it.";
    OriginRefused, "origin_refused", AllowOrigin, "Fetch, CORS-preflight fetch",
        "The API's CORS settings do not allow this origin: every preflight of it is refused.";
    OriginWildcard, "origin_wildcard", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin is *, which browsers refuse for a call with credentials.";
    OriginPort, "origin_port", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin names the frontend's host with another port.";
    OriginSlash, "origin_slash", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin ends with a slash, and an origin has none.";
    OriginSeveral, "origin_several", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin has several values, and only one is allowed.";
    OriginNull, "origin_null", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin is null, and the frontend's origin is not.";
    OriginOther, "origin_other", AllowOrigin, "Fetch, CORS check",
        "Access-Control-Allow-Origin names another origin than the frontend's.";
    OriginLost, "origin_lost", PassOrigin, "Fetch, Origin header",
        "The API does not see the page's Origin: a proxy in front of it removes or changes the header.";
    CorsRewritten, "cors_rewritten", LeaveCors, "Fetch, CORS check",
        "Bifrons does not send these CORS headers: a proxy in front of it changes, adds or removes them.";
    CredentialsSeveral, "credentials_several", OneCorsSource, "Fetch, CORS check",
        "Access-Control-Allow-Credentials is sent twice: the browser sees \"true, true\".";
    CredentialsNotAllowed, "credentials_not_allowed", AllowCredentials, "Fetch, CORS check",
        "Access-Control-Allow-Credentials is not true, so the page may read no call with cookies.";
    PreflightUnauthorized, "preflight_unauthorized", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The preflight is refused. It never carries credentials, and must be answered with 2xx.";
    PreflightRedirected, "preflight_redirected", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The preflight is redirected. It must be answered with 2xx at its own URL.";
    PreflightUnknown, "preflight_unknown", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The API does not know the preflight: there is no OPTIONS at the path of the call.";
    PreflightFailed, "preflight_failed", LetPreflightThrough, "Fetch, CORS-preflight fetch",
        "The preflight fails. It must be answered with 2xx.";
    MethodNotAllowed, "method_not_allowed", AllowMethod, "Fetch, CORS-preflight fetch",
        "The preflight does not allow the method. With credentials, * does not match it.";
    ContentTypeNotAllowed, "content_type_not_allowed", AllowHeaders, "Fetch, CORS-preflight fetch",
        "The preflight does not allow the header content-type. With credentials, * does not match it.";
    HeaderNotAllowed, "header_not_allowed", AllowHeaders, "Fetch, CORS-preflight fetch",
        "The preflight does not allow a header of the call. With credentials, * does not match it.";
    RedirectUnreadable, "redirect_unreadable", FinalUrl, "Fetch, HTTP-redirect fetch",
        "The API redirects the call to a URL whose answer the page may not read.";
    RedirectToHttp, "redirect_to_http", FinalUrl, "Mixed Content, section 4",
        "The API redirects the call from https to http, and the browser blocks it.";
    RedirectInvalid, "redirect_invalid", FinalUrl, "Fetch, HTTP-redirect fetch",
        "The API redirects the call to a URL that the browser does not follow.";
    CredentialsLeftOut, "credentials_left_out", IncludeCredentials, "Fetch, credentials mode",
        "The page calls without credentials: the browser neither stores nor sends cookies then.";
    RateLimited, "rate_limited", Wait, "RFC 6585, section 4",
        "The API limits sign-ins, and answered 429: it did not check these credentials.";
    SignInNotFound, "sign_in_not_found", GiveCredentials, "RFC 9110, section 15.5",
        "There is no sign-in at this path, or not with this method.";
    SignInRefused, "sign_in_refused", GiveCredentials, "RFC 9110, section 15.5",
        "The API refused the sign-in: a cookie in its answer belongs to no user's session.";
    SignInIncomplete, "sign_in_incomplete", CompleteSignIn, "RFC 9110, section 15.3.3",
        "The sign-in is not complete: the API demands a second factor, or another step.";
    NoCookie, "no_cookie", GiveCredentials, "RFC 6265bis, section 5.7",
        "The answer to the sign-in sets no cookie, so there is nothing to judge.";
    CookieWithheld, "cookie_withheld", TrustProxy, "RFC 6265bis, section 4.1.2.5",
        "The sign-in over https was accepted, and its answer sets no cookie.";
    SetCookieLost, "set_cookie_lost", PassSetCookie, "RFC 9110, section 7.6.1",
        "Bifrons sets a cookie in this answer, and none arrives: a proxy in front of it removes it.";
    CookieRewritten, "cookie_rewritten", PassSetCookie, "RFC 9110, section 7.7",
        "Bifrons sets this cookie with other attributes: a proxy in front of it changes them.";
    PublicUrlOther, "public_url_other", SetPublicUrl, "RFC 6265bis, section 5.2",
        "Bifrons was told another public URL than that of the API, and derives the cookie from it.";
    TokenUnreadable, "token_unreadable", GiveToken, "HTML, document.cookie",
        "The token against forged requests is in a cookie that the page's scripts cannot read.";
    CookiesFolded, "cookies_folded", Unfold, "RFC 6265bis, section 5.6",
        "One Set-Cookie line holds two cookies. Browsers see the first one alone.";
    CookieExpired, "cookie_expired", Lifetime, "RFC 6265bis, section 5.7",
        "The cookie has expired on arrival: the browser does not keep it.";
    CookieDeleted, "cookie_deleted", SetOnce, "RFC 6265bis, section 5.7",
        "The answer sets the cookie, and a later Set-Cookie of the same name deletes it.";
    SameSiteMissing, "same_site_missing", CrossSiteCookie, "RFC 6265bis, sections 5.6.7 and 5.7",
        "The cookie has no SameSite, which means Lax, and the page is on another site.";
    SameSiteAcrossSites, "same_site_across_sites", CrossSiteCookie, "RFC 6265bis, section 5.7",
        "The cookie is SameSite=Lax or Strict, and the page is on another site.";
    NotPartitioned, "not_partitioned", CrossSiteCookie, "CHIPS, section 2",
        "For a page on another site it is a third-party cookie, kept here only if it is Partitioned.";
    ThirdPartyBlocked, "third_party_blocked", SiblingHost, "RFC 6265bis, section 7.1",
        "For a page on another site it is a third-party cookie, which these browsers do not keep.";
    NoneWithoutSecure, "none_without_secure", AddSecure, "RFC 6265bis, section 5.7",
        "The cookie is SameSite=None without Secure.";
    PartitionedWithoutSecure, "partitioned_without_secure", AddSecure, "CHIPS, section 2.1",
        "The cookie is Partitioned without Secure.";
    SecureOverHttp, "secure_over_http", SecureNeedsHttps, "RFC 6265bis, section 5.7",
        "The cookie is Secure, and the API is plain http.";
    DomainIsFrontend, "domain_is_frontend", DropDomain, "RFC 6265bis, sections 5.1.3 and 5.7",
        "Domain names the frontend's host. A server may set cookies for its own host alone.";
    DomainMismatch, "domain_mismatch", DropDomain, "RFC 6265bis, sections 5.1.3 and 5.7",
        "Domain is neither the API's host nor a parent of it.";
    DomainPublicSuffix, "domain_public_suffix", DropDomain, "RFC 6265bis, section 5.7",
        "Domain is a public suffix, below which unrelated sites live.";
    PrefixBroken, "prefix_broken", KeepPrefix, "RFC 6265bis, sections 4.1.3 and 5.7",
        "__Host- needs Secure, Path=/ and no Domain; __Secure- needs Secure; __Http- HttpOnly too.";
    CookieMalformed, "cookie_malformed", WriteItWell, "RFC 6265bis, section 5.6",
        "The cookie has no name, or a control character, and these browsers refuse it.";
    CookieTooLarge, "cookie_too_large", SmallCookie, "RFC 6265bis, section 5.6",
        "Name and value of the cookie are over 4096 bytes.";
    PathMissesNext, "path_misses_next", WidenPath, "RFC 6265bis, section 5.1.4",
        "The cookie's path does not cover the next call, so the browser does not send it there.";
    NextRefused, "next_refused", RecognizeSession, "RFC 9110, section 15.5",
        "The next call carried the session cookie, and the API refused it all the same.";
    NextUnknown, "next_unknown", GiveNext, "RFC 6265bis, section 5.1.4",
        "The cookie's path covers a part of the API. Whether it covers the next call is not known.";
    PageUnseen, "page_unseen", ShowSignIn, "Fetch, credentials mode",
        "The page of --page was opened, and did not make the call. Its code remains unknown.";
    LifetimeShort, "lifetime_short", Lifetime, "RFC 6265bis, section 5.7",
        "The cookie lives for less than two minutes. Milliseconds may have been taken for seconds.";
    VaryMissing, "vary_missing", AddVary, "Fetch, CORS protocol and HTTP caches",
        "The answer is for one origin. Without Vary: Origin a cache may serve it to others.";
    HttpOnlyMissing, "http_only_missing", AddHttpOnly, "RFC 6265bis, section 4.1.2.6",
        "The cookie is not HttpOnly: every script on the page can read it and send it away.";
    StrictLink, "strict_link", LaxForLinks, "RFC 6265bis, section 5.6.7.1",
        "The cookie is SameSite=Strict: after a link from another site the first page lacks it.";
}

/// Below so many seconds a lifetime is suspect.
pub(crate) const SHORT_SECONDS: u32 = 120;

impl Mistake {
    /// Whether everything works in spite of it, for now.
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            Self::VaryMissing
                | Self::HttpOnlyMissing
                | Self::StrictLink
                | Self::LifetimeShort
                | Self::NextUnknown
                | Self::SignInIncomplete
                | Self::PageUnseen
        )
    }

    /// What `diagnose()` of the client finds in a page, if this is all that is wrong. None: no page of Bifrons meets it, or the page
    /// works in spite of it.
    pub fn diagnosis(self) -> Option<&'static str> {
        Some(match self {
            _ if self.is_warning() => return None,
            Self::MethodNotAllowed | Self::TokenUnreadable => return None,
            Self::HeaderNotAllowed => "headers_refused",
            Self::ContentTypeNotAllowed => "preflight_refused",
            Self::MixedContent => "cors_refused",
            Self::RateLimited
            | Self::SignInNotFound
            | Self::SignInRefused
            | Self::NoCookie
            | Self::CredentialsLeftOut
            | Self::NextRefused => "signed_out",
            _ => match self.remedy() {
                // The client follows no redirect.
                Remedy::FinalUrl => "unexpected",
                Remedy::AllowOrigin | Remedy::PassOrigin | Remedy::LeaveCors | Remedy::OneCorsSource | Remedy::AllowCredentials => {
                    "cors_refused"
                }
                Remedy::LetPreflightThrough => "preflight_refused",
                _ => "cookies_blocked",
            },
        })
    }

    /// Whether the attributes of a cookie are the cause, which Bifrons derives so that browsers keep the cookie.
    pub(crate) fn is_of_attributes(self) -> bool {
        matches!(
            self,
            Self::CookiesFolded
                | Self::SameSiteMissing
                | Self::SameSiteAcrossSites
                | Self::NotPartitioned
                | Self::NoneWithoutSecure
                | Self::PartitionedWithoutSecure
                | Self::DomainIsFrontend
                | Self::DomainMismatch
                | Self::DomainPublicSuffix
                | Self::PrefixBroken
                | Self::PathMissesNext
        )
    }

    /// Whether servers that have this in their CORS settings refuse the call itself too.
    pub(crate) fn refuses_the_call(self) -> bool {
        matches!(self, Self::OriginRefused | Self::MethodNotAllowed | Self::HeaderNotAllowed | Self::ContentTypeNotAllowed)
    }

    /// Whether this one is a consequence of `cause` when both are found for one frontend.
    pub fn follows_from(self, cause: Self) -> bool {
        let apart = matches!(
            self,
            Self::SchemesDiffer
                | Self::SameSiteMissing
                | Self::SameSiteAcrossSites
                | Self::NotPartitioned
                | Self::ThirdPartyBlocked
                | Self::SecureOverHttp
        );
        let unlisted = matches!(self, Self::NoCorsHeaders | Self::OriginRefused | Self::OriginOther | Self::CredentialsNotAllowed);
        match cause {
            Self::MixedContent => apart,
            Self::LoopbackNamesDiffer => apart || unlisted,
            Self::SchemesDiffer => unlisted,
            Self::OriginLost => unlisted || matches!(self.remedy(), Remedy::LetPreflightThrough | Remedy::GiveCredentials),
            Self::CorsRewritten => {
                matches!(self.remedy(), Remedy::AllowOrigin | Remedy::OneCorsSource | Remedy::AllowCredentials | Remedy::AddVary)
            }
            Self::CookieRewritten | Self::PublicUrlOther => self.is_of_attributes(),
            Self::OriginWildcard => matches!(self, Self::CredentialsNotAllowed | Self::VaryMissing),
            Self::OriginRefused | Self::NoCorsHeaders | Self::OriginOther => self == Self::CredentialsNotAllowed,
            Self::SameSiteMissing => self == Self::ThirdPartyBlocked,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mistake;

    #[test]
    fn codes_are_unique_and_sentences_fit_a_line() {
        let mut codes: Vec<_> = Mistake::ALL.iter().map(|mistake| mistake.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Mistake::ALL.len());
        assert!(Mistake::ALL.iter().all(|mistake| mistake.sentence().ends_with('.') && mistake.sentence().len() < 100));
    }
}
