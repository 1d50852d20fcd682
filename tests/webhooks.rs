//! Events out and the CRM's answers in, over real HTTP on loopback, on both databases.

mod common;

#[path = "webhooks/addresses.rs"]
mod addresses;
#[path = "webhooks/changed.rs"]
mod changed;
#[path = "webhooks/crm.rs"]
mod crm;
#[path = "webhooks/delivery.rs"]
mod delivery;
#[path = "webhooks/endpoint.rs"]
mod endpoint;
#[path = "webhooks/fakes.rs"]
mod fakes;
#[allow(dead_code, reason = "it is the fixture of another test too, which uses what this one does not")]
#[path = "life/fixture.rs"]
mod fixture;
#[path = "webhooks/forged.rs"]
mod forged;
#[path = "webhooks/managed.rs"]
mod managed;
#[allow(dead_code, reason = "it is the server of another test too, which uses what this one does not")]
#[path = "api/served.rs"]
mod served;
#[path = "webhooks/side_by_side.rs"]
mod side_by_side;
#[path = "webhooks/signatures.rs"]
mod signatures;
#[path = "webhooks/withdrawn.rs"]
mod withdrawn;
