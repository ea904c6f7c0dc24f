//! The blanks in a remedy's code, filled with what the doctor knows.

/// What is known of the API and its frontends.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Every frontend of another origin, also those that work already: a list replaces the one that the server has.
    pub origins: &'a [&'a str],
    /// Whether a frontend is on another site.
    pub cross_site: bool,
    /// The API's origin and host.
    pub api: &'a str,
    pub host: &'a str,
    pub secure: bool,
    /// The headers that the page adds, in lower case.
    pub headers: &'a [String],
    pub method: &'a str,
    /// The name of the session's cookie.
    pub cookie: &'a str,
}

/// What the blanks stand for. A blank is a name in double angle brackets: `<<origins>>`.
pub struct Blanks(Vec<(&'static str, String)>);

const NAMES: [&str; 16] = [
    "origins",
    "origin_list",
    "origin_map",
    "headers",
    "header_list",
    "methods",
    "method_list",
    "cookie",
    "secure",
    "same_site",
    "SameSite",
    "partitioned",
    "api",
    "api_host",
    "py_secure",
    "nginx_secure",
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Blanks {
    pub fn new(known: Known<'_>) -> Self {
        let Known { origins, cross_site, api, host, secure, .. } = known;
        let mut headers: Vec<_> = known.headers.iter().map(String::as_str).collect();
        if !headers.contains(&"content-type") {
            headers.insert(0, "content-type");
        }
        let mut methods = METHODS.to_vec();
        if !methods.contains(&known.method) {
            methods.push(known.method);
        }
        let none = cross_site && secure;
        let map = origins.iter().map(|origin| format!("\"{origin}\" $http_origin;"));
        let fills = [
            json(origins),
            origins.join(","),
            map.collect::<Vec<_>>().join("\n    "),
            json(&headers),
            headers.join(", "),
            json(&methods),
            methods.join(", "),
            known.cookie.to_owned(),
            secure.to_string(),
            if none { "none" } else { "lax" }.to_owned(),
            if none { "None" } else { "Lax" }.to_owned(),
            none.to_string(),
            api.to_owned(),
            host.to_owned(),
            if secure { "True" } else { "False" }.to_owned(),
            if secure { "secure" } else { "nosecure" }.to_owned(),
        ];
        Self(NAMES.into_iter().zip(fills).collect())
    }

    pub fn fill(&self, code: &str) -> String {
        self.0.iter().fold(code.to_owned(), |code, (name, value)| code.replace(&format!("<<{name}>>"), value))
    }

    /// The first blank that does not exist.
    pub fn unknown_in(code: &str) -> Option<&str> {
        let blanks = code.split("<<").skip(1).filter_map(|rest| rest.split_once(">>"));
        blanks.map(|(name, _)| name).find(|name| !NAMES.contains(name))
    }
}

fn json(members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
    format!("[{}]", members.join(", "))
}
