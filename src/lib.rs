//! account-swap: the map. Read this first.
#![doc = ""]

pub mod api;
pub mod app;
pub mod domain;
pub mod settings;
pub mod store;
