//! Stands in for `reqwest` where nobody is asked: it has what the reader of an issuer's keys names, and every question fails.
//!
//! In goes a URL; out comes an error. Deliberately absent: the network.

use std::{fmt, time::Duration};

/// Nobody was asked.
#[derive(Debug)]
pub struct Error;

impl Error {
    /// The same.
    pub fn without_url(self) -> Self {
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody is asked here")
    }
}

impl std::error::Error for Error {}

/// Where a client goes on to.
pub mod redirect {
    /// Nowhere.
    pub struct Policy;

    impl Policy {
        /// Nowhere.
        pub fn none() -> Self {
            Self
        }
    }
}

/// A client, who asks nobody.
pub struct Client;

/// How a client is made.
pub struct ClientBuilder;

impl Client {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder
    }

    /// Begins a question.
    pub fn get(&self, _: &str) -> RequestBuilder {
        RequestBuilder
    }
}

impl ClientBuilder {
    /// Changes nothing.
    pub fn redirect(self, _: redirect::Policy) -> Self {
        self
    }

    /// Changes nothing.
    pub fn timeout(self, _: Duration) -> Self {
        self
    }

    /// Makes the client.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client)
    }
}

/// A question.
pub struct RequestBuilder;

impl RequestBuilder {
    /// Fails.
    pub async fn send(self) -> Result<Response, Error> {
        Err(Error)
    }
}

/// An answer; there is none.
pub enum Response {}

impl Response {
    /// Never.
    pub fn error_for_status(self) -> Result<Self, Error> {
        Ok(self)
    }

    /// Never.
    pub fn status(&self) -> Status {
        match *self {}
    }

    /// Never.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match *self {}
    }
}

/// What an answer begins with.
#[derive(Debug)]
pub struct Status;

impl Status {
    /// Never.
    pub fn is_success(&self) -> bool {
        false
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("none")
    }
}
