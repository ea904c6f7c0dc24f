//! What to change. The code for each kind of server is data: `remedies/*.toml`.

mod blanks;
mod server;

pub use blanks::{Blanks, Known};
pub use server::{Fix, Server, servers};

macro_rules! remedies {
    ($($name:ident, $code:literal, $what:literal;)*) => {
        /// What to do about a mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Remedy {
            $(#[doc = $what] $name,)*
        }

        impl Remedy {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The sentence that holds for every server.
            pub fn what(self) -> &'static str {
                match self { $(Self::$name => $what),* }
            }
        }
    };
}

// The order of the report: causes before what may follow from them.
remedies! {
    OneLoopbackName, "one_loopback_name",
        "Use one name for both, in the address bar and in the frontend's code: localhost with two ports.";
    Https, "https",
        "Serve the API and the frontend both over https (both over http on localhost).";
    FinalUrl, "final_url",
        "Call the URL that the API redirects to, slash included. Behind a proxy with https, make the API trust X-Forwarded-Proto.";
    PassOrigin, "pass_origin",
        "Make the proxy in front of the API pass the header Origin on as it came.";
    AllowOrigin, "allow_origin",
        "Answer with the page's origin in Access-Control-Allow-Origin, exactly and once, in errors and preflights too.";
    LeaveCors, "leave_cors",
        "Take the CORS headers (Access-Control-…) out of the proxy in front of Bifrons: Bifrons sends its own.";
    OneCorsSource, "one_cors_source",
        "Set the CORS headers in one place: in the application or in the proxy, and not in both.";
    AllowCredentials, "allow_credentials",
        "Answer with Access-Control-Allow-Credentials: true, to preflights too.";
    LetPreflightThrough, "let_preflight_through",
        "Answer OPTIONS with 204 and the CORS headers before authentication, redirects and routing.";
    AllowMethod, "allow_method",
        "Name the method in Access-Control-Allow-Methods.";
    AllowHeaders, "allow_headers",
        "Name every header of the call in Access-Control-Allow-Headers.";
    IncludeCredentials, "include_credentials",
        "Add credentials: \"include\" to every call of the page, the sign-in too. With axios it is withCredentials: true.";
    Wait, "wait",
        "Wait as long as Retry-After says, and run the doctor again.";
    GiveCredentials, "give_credentials",
        "Give a sign-in that succeeds: --path and --method as the frontend calls it, and --body @FILE with the e-mail address and \
         password of a test account. --csrf PATH fetches a token first.";
    CompleteSignIn, "complete_sign_in",
        "Give the credentials of a test account without a second factor: the doctor signs in with one call.";
    PassSetCookie, "pass_set_cookie",
        "Make the proxy in front of the API pass the header Set-Cookie on as it came.";
    SetPublicUrl, "set_public_url",
        "Set the public URL of Bifrons to the one at which browsers reach the API.";
    TrustProxy, "trust_proxy",
        "Behind a proxy with https, make the proxy send X-Forwarded-Proto and the API trust it: frameworks withhold a Secure cookie \
         from calls that look like plain http. Without a proxy, look at why the sign-in starts no session.";
    GiveToken, "give_token",
        "Answer with the token in a body that the page may read (JSON, with the CORS headers), or set its cookie without HttpOnly \
         and with a Domain that covers the page.";
    Unfold, "unfold",
        "Send one Set-Cookie line for each cookie. A proxy that joins headers with commas must leave these alone.";
    SetOnce, "set_once",
        "Set each cookie once in an answer: delete the old session before the new one is made, or not at all.";
    Lifetime, "lifetime",
        "Give the lifetime in the unit that the server takes, well in the future: Max-Age is in seconds, maxAge in JavaScript \
         often in milliseconds.";
    CrossSiteCookie, "cross_site_cookie",
        "Serve the frontend on a sibling of the API's host, where SameSite=Lax works in every browser. Otherwise set \
         SameSite=None; Secure; Partitioned, which Safari still refuses.";
    SiblingHost, "sibling_host",
        "Serve the frontend on a sibling of the API's host (app.example.com beside api.example.com), or let a proxy serve the API \
         below the frontend's own origin, or use a bearer token instead of a cookie.";
    AddSecure, "add_secure",
        "Add Secure, or leave SameSite=None and Partitioned out where page and API are one site.";
    SecureNeedsHttps, "secure_needs_https",
        "Serve the API over https. On http://localhost leave out Secure, and with it SameSite=None and the prefixes: Safari \
         refuses Secure there.";
    DropDomain, "drop_domain",
        "Leave Domain out: the cookie then belongs to the API's host alone, and goes there from every frontend.";
    KeepPrefix, "keep_prefix",
        "Set what the prefix needs, or choose a name without the prefix.";
    WriteItWell, "write_it_well",
        "Set the cookie as name=value in visible ASCII characters, and encode every other one.";
    SmallCookie, "small_cookie",
        "Keep the session on the server, and only its id in the cookie.";
    WidenPath, "widen_path",
        "Set Path=/, or a path that covers every call that needs the session.";
    RecognizeSession, "recognize_session",
        "Look at the API: the browser does its part. The session store, the cookie's signature or the permission of the call fails.";
    ShowSignIn, "show_sign_in",
        "Give as --page the URL of the page with the sign-in form, and as --body the values to fill in. Or look at its code.";
    GiveNext, "give_next",
        "Give --next PATH: a call that needs the session.";
    AddVary, "add_vary",
        "Answer with Vary: Origin.";
    AddHttpOnly, "add_http_only",
        "Add HttpOnly, unless scripts are meant to read the cookie.";
    LaxForLinks, "lax_for_links",
        "Set SameSite=Lax if links from other sites must find the user signed in.";
}
