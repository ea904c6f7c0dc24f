//! The blanks in a remedy's code, filled with what the doctor knows.

use crate::Origin;

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
pub struct Blanks {
    fills: Vec<(&'static str, String)>,
    partitioned: bool,
}

/// A line that begins with it is for partitioned cookies alone.
const IF_PARTITIONED: &str = "<<if_partitioned>>";

/// How long the cookie of a remedy lives.
const SECONDS: u32 = 14 * 24 * 60 * 60;

const NAMES: [&str; 19] = [
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
    "nginx_partitioned",
    "attributes",
    "listable",
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
            if none { "; Partitioned" } else { "" }.to_owned(),
            attributes(none, secure),
            json(&listable(origins, api).iter().map(String::as_str).collect::<Vec<_>>()),
        ];
        Self { fills: NAMES.into_iter().zip(fills).collect(), partitioned: none }
    }

    pub fn fill(&self, code: &str) -> String {
        let lines = code.lines().filter_map(|line| match line.strip_prefix(IF_PARTITIONED) {
            Some(line) => self.partitioned.then_some(line),
            None => Some(line),
        });
        let code = lines.collect::<Vec<_>>().join("\n");
        self.fills.iter().fold(code, |code, (name, value)| code.replace(&format!("<<{name}>>"), value))
    }

    /// The first blank that does not exist.
    pub fn unknown_in(code: &str) -> Option<&str> {
        let blanks =
            code.split("<<").skip(1).filter_map(|rest| rest.split_once(">>")).filter(|(name, _)| *name != "if_partitioned");
        blanks.map(|(name, _)| name).find(|name| !NAMES.contains(name))
    }
}

/// The origins that a server can list which refuses what no browser would keep a session for: another name of this machine becomes
/// that of the API, and plain http beside https is left out.
fn listable(origins: &[&str], api: &str) -> Vec<String> {
    let Ok(api) = Origin::parse(api) else { return Vec::new() };
    let mut listed = Vec::new();
    for origin in origins.iter().filter_map(|origin| Origin::parse(origin).ok()) {
        let is_local = |origin: &Origin| origin.is_loopback() && !origin.is_secure();
        let text = match origin.as_str() {
            text if origin.site() == api.site() || (origin.is_secure() && api.is_secure()) => text.to_owned(),
            text if is_local(&origin) && is_local(&api) => text.replacen(origin.host(), api.host(), 1),
            _ => continue,
        };
        if !listed.contains(&text) {
            listed.push(text);
        }
    }
    listed
}

/// The attributes of the session's cookie in a header.
fn attributes(partitioned: bool, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let site = if partitioned { "None; Partitioned" } else { "Lax" };
    format!("Path=/; HttpOnly{secure}; SameSite={site}; Max-Age={SECONDS}")
}

fn json(members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
    format!("[{}]", members.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Blanks, Known, listable};

    #[test]
    fn only_what_a_strict_server_accepts_is_listed() {
        for (api, origins, listed) in [
            ("http://localhost:3000", ["http://localhost:5173", "http://127.0.0.1:5173"], ["http://localhost:5173"].as_slice()),
            ("http://localhost:3000", ["http://127.0.0.1:5174", "https://app.example"], &["http://localhost:5174"]),
            ("https://api.example", ["http://localhost:5173", "https://app.example"], &["https://app.example"]),
        ] {
            assert_eq!(listable(&origins, api), listed);
        }
    }

    #[test]
    fn lines_for_partitioned_cookies_appear_across_sites_alone() {
        let blanks = |cross_site| {
            Blanks::new(Known {
                origins: &["https://app.example"],
                cross_site,
                api: "https://api.example",
                host: "api.example",
                secure: true,
                headers: &[],
                method: "POST",
                cookie: "sid",
            })
        };
        let code = "<<cookie>>; <<attributes>>\n<<if_partitioned>>more\nlast";
        assert_eq!(
            blanks(true).fill(code),
            "sid; Path=/; HttpOnly; Secure; SameSite=None; Partitioned; Max-Age=1209600\nmore\nlast"
        );
        assert_eq!(blanks(false).fill(code), "sid; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=1209600\nlast");
    }
}
