//! The doors of the program: what reads the bytes of strangers, built without a database and a server.
//!
//! The rooms are included by their paths, as they are. What they lean on and what is not tried stands in `store` and `stand_ins`:
//! a store that keeps nothing and finds nothing, a page that documents nothing, a network that answers nothing.

#![allow(dead_code, missing_docs, unused_imports)]

pub mod store;

pub use whole::{domain, settings};

/// Rooms that lean on nothing but one another.
#[path = "../../../src"]
mod whole {
    pub mod domain;
    pub mod settings;
}

/// What is asked: tokens and cursors.
#[path = "../../../src/api"]
pub mod api {
    pub mod auth;
    pub mod page;
    /// Refusals, of which a cursor needs one.
    pub mod problem {
        pub use crate::store::Problem;
    }
}

/// What happens: imports, and what the CRM says.
#[path = "../../../src/app"]
pub mod app {
    pub use crate::store::app::{Page, Refused, abuse, invalidate, triage};
    pub use crate::store::{Reader, StoreError, TransactionError, Writer};
    pub mod import;
    pub mod key_file;
    pub mod callbacks {
        mod message;
        pub use message::{Callback, CallbackData, CallbackKind, CrmWord};
    }
    pub mod export {
        mod formula;
        pub(super) use formula::{harmless, unharmed};
    }
    pub mod submit {
        /// The real number.
        pub const MAX_NOTE_BYTES: usize = 4000;
    }
}

/// Messages to and from other systems: their signatures.
#[path = "../../../src/delivery"]
pub mod delivery {
    mod signature;
    pub use signature::{Headers, NotSigned, Secret, sign, verify};
}

/// Rows on their way into a store.
#[path = "../../../src/store/staging"]
mod rows {
    pub mod shape;
    pub mod staged;
}
