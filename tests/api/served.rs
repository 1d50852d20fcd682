//! A real server on a free port, and a client that asks it as anybody.
//!
//! In goes a [`World`]; out comes a server over its database that stops with the value. Answers are read whole, so that
//! a test compares text with text.

use crate::fixture::{World, open};
use account_swap::{
    api::{self, AppState, auth::LocalKey},
    domain::principal::{Principal, Role, Scope},
    settings::Settings,
};
use actix_web::dev::ServerHandle;
use reqwest::{Client, Method, header::HeaderMap};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};

/// A server.
pub struct Served {
    pub address: SocketAddr,
    pub handle: ServerHandle,
    key: LocalKey,
    client: Client,
    _directory: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Read {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Read {
    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The stable word of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("{self:?} is no problem")).to_owned()
    }

    /// The same answer, if it has this status.
    #[track_caller]
    pub fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// A request on its way.
pub struct Ask {
    builder: reqwest::RequestBuilder,
}

impl Ask {
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn if_match(self, tag: &str) -> Self {
        self.header("if-match", tag)
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value) }
    }

    pub fn json(self, body: &Value) -> Self {
        Self { builder: self.builder.json(body) }
    }

    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self { builder: self.builder.header("content-type", content_type).body(body) }
    }

    /// Sends it and reads the answer to its end.
    pub async fn send(self) -> Read {
        self.try_send().await.unwrap_or_else(|error| panic!("the server answers: {error:?}"))
    }

    /// The same, where the server may hang up instead.
    pub async fn try_send(self) -> Result<Read, reqwest::Error> {
        let answer = self.builder.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Read { status, headers, text: answer.text().await? })
    }
}

impl Served {
    /// A server over the world's database, with no limit on how often one may ask.
    pub async fn start(world: &World) -> Self {
        Self::start_with(world, |_| {}).await
    }

    /// The same, with other settings.
    pub async fn start_with(world: &World, change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut settings = world.settings.clone();
        settings.auth.local_key_file = directory.path().join("local.key").display().to_string();
        settings.rate_limit.requests_a_second = 1_000_000;
        settings.rate_limit.burst = 1_000_000;
        settings.rate_limit.changes_a_second = 1_000_000;
        settings.rate_limit.changes_burst = 1_000_000;
        settings.rate_limit.costly_a_minute = 1_000_000;
        settings.rate_limit.costly_burst = 1_000_000;
        settings.server.workers = 2;
        // Where much is tested at once, a test may not come to send for a while.
        settings.server.header_timeout_seconds = 60;
        change(&mut settings);
        let key = LocalKey::open(&settings.auth).expect("a key");
        let store = open(&settings, world.clock.as_ref());
        let state = AppState::new(settings, store).await.expect("a state");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = api::serve(listener, state).expect("a server");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        // Each request has a connection of its own: one kept for later may be closed by the server in the meantime.
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0);
        let client = client.build().expect("a client");
        Self { address, handle, key, client, _directory: directory }
    }

    /// A sound token; a service's may be used for everything.
    pub fn token(&self, who: &Principal) -> String {
        let every = Scope::ALL.iter().copied().filter(|_| who.role == Role::Service);
        self.token_for(who, &every.collect::<Vec<_>>())
    }

    /// A sound token that may be used for `scopes`.
    pub fn token_for(&self, who: &Principal, scopes: &[Scope]) -> String {
        self.key.issue(who, &scopes.iter().copied().collect(), 1).expect("a token")
    }

    /// A request of somebody, or of nobody.
    pub fn ask(&self, method: Method, path: &str, who: Option<&Principal>) -> Ask {
        let mut builder = self.client.request(method, format!("http://{}{path}", self.address));
        if let Some(who) = who {
            builder = builder.bearer_auth(self.token(who));
        }
        Ask { builder }
    }

    /// A request with a token as it is.
    pub fn ask_with(&self, method: Method, path: &str, token: &str) -> Ask {
        Ask { builder: self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(token) }
    }

    pub fn get(&self, path: &str, who: &Principal) -> Ask {
        self.ask(Method::GET, path, Some(who))
    }

    pub fn post(&self, path: &str, who: &Principal) -> Ask {
        self.ask(Method::POST, path, Some(who))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The command is sent at once; its end need not be waited for.
        drop(self.handle.stop(false));
    }
}
