//! Messages to and from other systems: signed, guarded, sent once.
//!
//! In go a message, the keys and an address; out comes whether it was taken, or whether what came in is from whom it says.
//! Holds: nothing is sent to an address inside the company's walls unless the settings name its host, and what is sent
//! is sent to the very address that was looked at. Messages have the form of Standard Webhooks.
//! Costs: a connection an attempt, kept for a few seconds.
//! Deliberately absent: what is sent when and how often, which the `app` decides, and what messages say.

mod address;
mod guard;
mod sender;
mod signature;

pub use address::{Inside, inside};
pub use guard::{Guard, Unfit};
pub use sender::{Message, Sender, Taken, Unsent};
pub use signature::{Headers, ID, NotSigned, SIGNATURE, Secret, TIMESTAMP, sign, verify};
