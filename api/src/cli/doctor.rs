//! `bifrons doctor`.

use std::{
    fmt, fs,
    io::{self, Read},
    net::{SocketAddr, ToSocketAddrs},
    time::Duration,
};

use clap::Args;
use doctor::{Origin, Plan, Question, visit};

use super::{Failure, block_on, print};
use crate::config::duration;

/// Nobody's password: Bifrons is judged by its probe cookie.
const NOBODY: &str = r#"{"email":"doctor@example.com","password":"wrong password"}"#;

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it works from every frontend in every browser, 1 it does not, 2 wrong usage.")]
pub(super) struct Arguments {
    /// Where browsers reach the API, Bifrons or any other: `https://api.example.com`
    #[arg(long, value_name = "URL", value_parser = Api::parse)]
    api: Api,
    /// The frontends' origins, exactly as browsers send them: `https://app.example.com`
    #[arg(long, value_name = "ORIGIN", required = true, num_args = 1.., value_parser = Origin::parse)]
    frontend: Vec<Origin>,
    /// Where the API listens for sign-ins
    #[arg(long, value_name = "PATH", default_value = "/v1/session", value_parser = path)]
    path: String,
    /// The method of a sign-in
    #[arg(long, default_value = "POST", value_parser = method)]
    method: String,
    /// The body of a sign-in: @FILE, - for standard input, or as it is [default: a sign-in that fails]
    ///
    /// What stands on the command line others can read in the list of processes: a password belongs into a file.
    #[arg(long, value_name = "BODY", default_value = NOBODY, hide_default_value = true, value_parser = Body::read)]
    body: Body,
    /// What the body is
    #[arg(long, value_name = "TYPE", default_value = "application/json", value_parser = content_type)]
    content_type: String,
    /// Connect there, not where DNS says: 127.0.0.1:8443
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    connect: Option<SocketAddr>,
    /// How long to wait for each answer
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Examines an API.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { api, frontend, path, method, body, content_type, connect, timeout, json } = arguments;
    let question = Question { method, path, content_type };
    let plan = Plan { api: api.origin, base: api.base, question, body: body.0, connect, timeout };
    let report = block_on(async { visit(&plan, &frontend).await.map_err(Failure::new) })?;
    print(&if json { format!("{:#}\n", report.to_json()) } else { report.to_string() })?;
    if report.works() { Ok(()) } else { Err(Failure::Reported) }
}

/// Where the API is: an origin, and what stands before every path.
#[derive(Clone, Debug)]
struct Api {
    origin: Origin,
    base: String,
}

impl Api {
    fn parse(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text).map_err(|_| "write http://host, https://host or https://host/path".to_owned())?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("write scheme, host, port and path, and nothing else".to_owned());
        }
        let origin = Origin::parse(&url.origin().ascii_serialization()).map_err(|_| "write an http or https URL".to_owned())?;
        Ok(Self { origin, base: url.path().trim_end_matches('/').to_owned() })
    }
}

/// The body of a sign-in, which may hold a password.
#[derive(Clone)]
struct Body(Vec<u8>);

impl Body {
    fn read(argument: &str) -> Result<Self, String> {
        let read = match (argument, argument.strip_prefix('@')) {
            ("-", _) => {
                let mut body = Vec::new();
                io::stdin().lock().read_to_end(&mut body).map(|_| body)
            }
            (_, Some(file)) => fs::read(file),
            _ => Ok(argument.as_bytes().to_vec()),
        };
        read.map(Self).map_err(|error| format!("cannot be read: {error}"))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

fn path(text: &str) -> Result<String, String> {
    let visible = text.starts_with('/') && text.chars().all(|c| c.is_ascii_graphic() && c != '#');
    visible.then(|| text.to_owned()).ok_or_else(|| "write a path that begins with /".to_owned())
}

/// Browsers write the common methods in capitals, however the page does.
fn method(text: &str) -> Result<String, String> {
    let method = text.to_ascii_uppercase();
    let letters = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    letters.then_some(method).ok_or_else(|| "write a method: POST".to_owned())
}

fn content_type(text: &str) -> Result<String, String> {
    let visible = text.contains('/') && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    visible.then(|| text.to_owned()).ok_or_else(|| "write a media type: application/json".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| "write an address and a port: 127.0.0.1:8443".to_owned())
}
