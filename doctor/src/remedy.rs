//! What to change, in the words of the common servers. `{origin}` stands for a frontend's origin, `{origins}` for a list of all.

/// A server that has words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// This one.
    Bifrons,
    /// Spring, with Spring Security where it matters.
    Spring,
    /// `GoFiber`.
    GoFiber,
    /// Express.
    Express,
    /// nginx, in front of whichever.
    Nginx,
}

impl Server {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bifrons => "Bifrons",
            Self::Spring => "Spring",
            Self::GoFiber => "GoFiber",
            Self::Express => "Express",
            Self::Nginx => "nginx",
        }
    }
}

/// What to do, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// For whichever server.
    pub what: &'static str,
    /// For these.
    pub how: &'static [(Server, &'static str)],
}

macro_rules! remedies {
    ($($name:ident, $code:literal, $what:literal, { $($server:ident: $how:literal;)* })*) => {
        /// What to do about a mistake. What brings page and API apart comes first: the rest may follow from it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Remedy {
            $(#[doc = concat!("Known to scripts as `", $code, "`.")] $name,)*
        }

        impl Remedy {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What scripts call it.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The words.
            pub fn fix(self) -> Fix {
                match self { $(Self::$name => Fix { what: $what, how: &[$((Server::$server, $how)),*] }),* }
            }
        }
    };
}

remedies! {
    Https, "https",
        "Serve the API and the frontend both over https (both over http on localhost).", {
        Bifrons: "give tls.cert and tls.key, or put a proxy with https in front; public_url = \"https://…\"";
        Spring: "server.ssl.bundle=…, or https at the proxy and server.forward-headers-strategy=native";
        GoFiber: "app.Listen(\":443\", fiber.ListenConfig{CertFile: …, CertKeyFile: …})";
        Express: "https.createServer({ key, cert }, app), or https at the proxy and app.set(\"trust proxy\", 1)";
        Nginx: "listen 443 ssl; ssl_certificate …; ssl_certificate_key …;";
    }
    OneLoopbackName, "one_loopback_name",
        "Use one name for both, in the address bar and in the frontend's code: http://localhost with two ports.", {
        Bifrons: "public_url = \"http://localhost:3000\", and the frontend's origin with localhost too";
    }
    AllowOrigin, "allow_origin",
        "Answer with the page's origin in Access-Control-Allow-Origin, exactly and once, errors and preflights included.", {
        Bifrons: "list it: origins = [{origins}], or BIFRONS_ORIGINS={origin}";
        Spring: "in addCorsMappings: registry.addMapping(\"/**\") .allowedOrigins({origins}) .allowCredentials(true); with Spring \
            Security also http.cors(withDefaults())";
        GoFiber: "app.Use(cors.New(cors.Config{AllowOrigins: []string{{origins}}, AllowCredentials: true})) (v2: one string)";
        Express: "app.use(cors({ origin: [{origins}], credentials: true })), before the routes";
        Nginx: "map $http_origin $friend { \"{origin}\" $http_origin; … } add_header Access-Control-Allow-Origin $friend always; \
            and only there or in the application, not in both";
    }
    AllowCredentials, "allow_credentials",
        "Answer with Access-Control-Allow-Credentials: true, to preflights too.", {
        Bifrons: "listing it does it: origins = [{origins}]; dev_origins get the bearer face, and no cookies";
        Spring: "in addCorsMappings: .allowCredentials(true)";
        GoFiber: "cors.Config{AllowCredentials: true}";
        Express: "cors({ origin: [{origins}], credentials: true })";
        Nginx: "add_header Access-Control-Allow-Credentials true always;";
    }
    LetPreflightThrough, "let_preflight_through",
        "Answer OPTIONS with 204 and the CORS headers before authentication, redirects and routing look at it.", {
        Bifrons: "does so by itself: look at what stands in front of it";
        Spring: "http.cors(withDefaults()) in the SecurityFilterChain, and a CORS configuration that lists {origin} (an unlisted \
            origin is answered with 403)";
        GoFiber: "app.Use(cors.New(…)) before the middleware that authenticates";
        Express: "app.use(cors(…)) before the middleware that authenticates";
        Nginx: "if ($request_method = OPTIONS) { return 204; } with the add_header lines beside it, before auth_request and \
            proxy_pass";
    }
    AllowMethod, "allow_method",
        "Name the method in Access-Control-Allow-Methods.", {
        Bifrons: "does so by itself: look at what stands in front of it";
        Spring: "in addCorsMappings: .allowedMethods(\"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\")";
        GoFiber: "cors.Config{AllowMethods: []string{\"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\"}}";
        Express: "cors({ …, methods: [\"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\"] })";
        Nginx: "add_header Access-Control-Allow-Methods \"GET, POST, PUT, PATCH, DELETE\" always;";
    }
    AllowContentType, "allow_content_type",
        "Name content-type in Access-Control-Allow-Headers.", {
        Bifrons: "does so by itself: look at what stands in front of it";
        Spring: "in addCorsMappings: .allowedHeaders(\"content-type\", \"authorization\")";
        GoFiber: "cors.Config{AllowHeaders: []string{\"Content-Type\", \"Authorization\"}}";
        Express: "cors({ …, allowedHeaders: [\"content-type\", \"authorization\"] })";
        Nginx: "add_header Access-Control-Allow-Headers \"content-type, authorization\" always;";
    }
    GiveCredentials, "give_credentials",
        "Give a sign-in that succeeds: --path and --method as the frontend calls it, and --body @FILE (or --body -) with the \
         e-mail address and password of a test account.", {
        Bifrons: "needs none: a probe cookie stands for the session cookie. No such cookie came, so --api is not where Bifrons \
            is, or something in front of it takes cookies away";
        Spring: "the session cookie comes once the SecurityContext is saved: call \
            HttpSessionSecurityContextRepository.saveContext in a login controller of one's own";
        GoFiber: "v2: sess.Save() before the answer; v3: app.Use(session.New()) before the routes";
        Express: "express-session: a Secure cookie is not set on a connection that it takes for http; app.set(\"trust proxy\", 1)";
    }
    CrossSiteCookie, "cross_site_cookie",
        "Serve the frontend on a sibling of the API's host, where SameSite=Lax works in every browser. If it must stay: \
         SameSite=None; Secure; Partitioned, which Safari still refuses.", {
        Bifrons: "origins = [{origins}] makes the cookie SameSite=None; Partitioned";
        Spring: "ResponseCookie.from(\"sid\", id).sameSite(\"None\").secure(true).partitioned(true); of the servlet session: \
            server.servlet.session.cookie.same-site=none, .secure=true, .partitioned=true";
        GoFiber: "session.Config{CookieSameSite: \"None\", CookieSecure: true}; &fiber.Cookie{SameSite: \"None\", Secure: true, \
            Partitioned: true}";
        Express: "session({ cookie: { sameSite: \"none\", secure: true, partitioned: true } }), and the same in res.cookie";
        Nginx: "proxy_cookie_flags sid secure samesite=none;";
    }
    SiblingHost, "sibling_host",
        "Serve the frontend on a sibling of the API's host (app.example.com beside api.example.com), or let a proxy serve the API \
         below the frontend's own origin, or sign in without cookies: a bearer token in memory.", {
        Bifrons: "the bearer face, POST /v1/tokens, works from every origin in origins and dev_origins";
        Spring: "ResponseCookie…partitioned(true) helps in Chromium and Firefox, never in Safari";
        GoFiber: "&fiber.Cookie{Partitioned: true} helps in Chromium and Firefox, never in Safari";
        Express: "res.cookie(…, { partitioned: true }) helps in Chromium and Firefox, never in Safari";
        Nginx: "in the frontend's server block: location /api/ { proxy_pass …; }";
    }
    AddSecure, "add_secure",
        "Add Secure, or leave SameSite=None and Partitioned out where page and API are one site.", {
        Bifrons: "public_url = \"https://…\" does it";
        Spring: "ResponseCookie…secure(true); server.servlet.session.cookie.secure=true";
        GoFiber: "session.Config{CookieSecure: true}";
        Express: "cookie: { secure: true }, and app.set(\"trust proxy\", 1) behind a proxy";
        Nginx: "proxy_cookie_flags sid secure;";
    }
    SecureNeedsHttps, "secure_needs_https",
        "Serve the API over https. On http://localhost leave Secure (and so SameSite=None and the prefixes) out: Safari refuses \
         it there.", {
        Bifrons: "public_url as it is in the address bar: http://localhost has no Secure, https://… has it";
        Spring: "ResponseCookie…secure(request.isSecure()); server.servlet.session.cookie.secure=false in the profile for \
            development";
        GoFiber: "session.Config{CookieSecure: false} in development";
        Express: "cookie: { secure: \"auto\" }";
        Nginx: "proxy_cookie_flags sid nosecure; in development";
    }
    DropDomain, "drop_domain",
        "Leave Domain out: the cookie is then the API host's own, and goes there from every frontend.", {
        Bifrons: "leave cookie.domain out";
        Spring: "no .domain(…); no server.servlet.session.cookie.domain";
        GoFiber: "no CookieDomain in session.Config, no Domain in fiber.Cookie";
        Express: "no domain in cookie: { … } and res.cookie";
        Nginx: "proxy_cookie_domain the.wrong.one $host;";
    }
    KeepPrefix, "keep_prefix",
        "Set what the prefix demands, or take the prefix off the name.", {
        Bifrons: "does so by itself: look at what rewrites cookies in front of it";
        Spring: "ResponseCookie.from(\"__Host-sid\", id).secure(true).path(\"/\"), no .domain(…)";
        GoFiber: "session.Config{CookieSecure: true, CookiePath: \"/\"}, no CookieDomain";
        Express: "session({ name: \"__Host-sid\", cookie: { secure: true, path: \"/\" } }), no domain";
        Nginx: "no proxy_cookie_path and proxy_cookie_domain for it; proxy_cookie_flags __Host-sid secure;";
    }
    SmallCookie, "small_cookie",
        "Keep the session on the server, and only its id in the cookie.", {
        Bifrons: "does so by itself";
        Spring: "HttpSession, or Spring Session, instead of a token with everything in it";
        GoFiber: "session.Config{Storage: …}";
        Express: "express-session with a store instead of cookie-session";
    }
    AddVary, "add_vary",
        "Answer with Vary: Origin.", {
        Bifrons: "does so by itself: look at what stands in front of it";
        Spring: "addCorsMappings does it; set no CORS header by hand";
        GoFiber: "the cors middleware does it; set no CORS header by hand";
        Express: "cors does it; by hand: res.vary(\"Origin\")";
        Nginx: "add_header Vary Origin always;";
    }
    AddHttpOnly, "add_http_only",
        "Add HttpOnly, unless it is no secret and scripts are meant to read it.", {
        Bifrons: "does so by itself";
        Spring: "ResponseCookie…httpOnly(true); server.servlet.session.cookie.http-only=true";
        GoFiber: "session.Config{CookieHTTPOnly: true}";
        Express: "cookie: { httpOnly: true }, and the same in res.cookie";
        Nginx: "proxy_cookie_flags sid httponly;";
    }
    WidenPath, "widen_path",
        "Write Path=/, unless the cookie is meant for one part of the API alone.", {
        Bifrons: "does so by itself: look at what rewrites cookies in front of it";
        Spring: "ResponseCookie…path(\"/\"); server.servlet.session.cookie.path=/";
        GoFiber: "session.Config{CookiePath: \"/\"}";
        Express: "cookie: { path: \"/\" }";
        Nginx: "proxy_cookie_path /api/ /;";
    }
}
