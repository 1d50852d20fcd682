//! Which endpoints messages may go to.
//!
//! In goes a URL as somebody wrote it; out comes the one URL it can only mean, or why nothing is sent there. A name is looked
//! up by this program, each time a connection is made: where one of its addresses is inside somebody's walls, it is no
//! public name, and nothing is sent to any of them. The connection goes to the addresses that were looked at.
//! Holds: a host the settings name may have any address and needs no TLS; no other has a way around.
//! Deliberately absent: asking anybody's proxy.

use super::address::inside;
use crate::settings;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// The longest URL.
const MAX_URL_BYTES: usize = 2000;

/// Why nothing is sent to a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is none, or too long.
    #[error("expected a URL of at most {MAX_URL_BYTES} bytes")]
    NoUrl,
    /// It can be read in more than one way, or is written in an unusual one.
    #[error("expected the URL written plainly, as {0}")]
    NotPlain(String),
    /// It holds a name or password.
    #[error("expected a URL without a user or password")]
    User,
    /// It is not https, and its host is not named in the settings.
    #[error("expected https, or a host that webhooks.allowed_hosts names")]
    Scheme,
    /// It has a port that is not in the settings.
    #[error("expected one of the ports of webhooks.ports or that webhooks.allowed_hosts names, not {0}")]
    Port(u16),
    /// Its host is an address, or has one, that only insiders reach.
    #[error(
        "its address {address} is for {what}; expected one that everybody can reach, or a host that webhooks.allowed_hosts names"
    )]
    Inside {
        /// Which.
        address: IpAddr,
        /// What it is for.
        what: &'static str,
    },
    /// Its name has no address.
    #[error("the name {0} has no address")]
    NoAddress(String),
}

/// Knows where messages may go.
#[derive(Debug, Clone)]
pub struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    allowed_hosts: Vec<String>,
    ports: Vec<u16>,
}

impl Guard {
    /// By the settings.
    pub fn new(settings: &settings::Webhooks) -> Self {
        Self(Arc::new(Rules { allowed_hosts: settings.allowed_hosts.clone(), ports: settings.ports.clone() }))
    }

    /// The URL that `text` can only mean, if messages may go there as far as its text tells.
    pub fn check(&self, text: &str) -> Result<Url, Unfit> {
        if text.len() > MAX_URL_BYTES {
            return Err(Unfit::NoUrl);
        }
        let url = Url::parse(text).map_err(|_| Unfit::NoUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unfit::User);
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Err(Unfit::Scheme) };
        // An address may be written in a dozen ways that programs read differently: only one of them is taken.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) || url.fragment().is_some() {
            let mut plain = url;
            plain.set_fragment(None);
            return Err(Unfit::NotPlain(plain.into()));
        }
        if matches!(url.scheme(), "http" | "https") && self.names(host, port) {
            return Ok(url);
        }
        // Named with another port, it may be inside: it is looked up as one that is named.
        if self.names_somehow(host) {
            return Err(Unfit::Port(port));
        }
        if url.scheme() != "https" {
            return Err(Unfit::Scheme);
        }
        if !self.0.ports.contains(&port) {
            return Err(Unfit::Port(port));
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(address) = literal {
            refuse(address)?;
        }
        Ok(url)
    }

    /// Whether the settings name a host, at this port or at any.
    fn names(&self, host: &str, port: u16) -> bool {
        let with_port = format!("{host}:{port}");
        self.0.allowed_hosts.iter().any(|named| named == host || *named == with_port)
    }

    /// Whether the settings name a host, at whatever port: the URL has been checked by then.
    fn names_somehow(&self, host: &str) -> bool {
        let is = |named: &String| named.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        self.0.allowed_hosts.iter().any(is)
    }

    /// The addresses of a name that everybody can reach; an error where one of them is inside.
    pub async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, Unfit> {
        let missing = || Unfit::NoAddress(name.to_owned());
        let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await.map_err(|_| missing())?.collect();
        if found.is_empty() {
            return Err(missing());
        }
        if !self.names_somehow(name) {
            for address in &found {
                refuse(address.ip())?;
            }
        }
        Ok(found)
    }
}

fn refuse(address: IpAddr) -> Result<(), Unfit> {
    inside(address).map_or(Ok(()), |what| Err(Unfit::Inside { address, what: what.0 }))
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.look_up(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
