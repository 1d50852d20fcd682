//! Throws bytes at what reads a token.

#![no_main]

#[path = "../follow/token.rs"]
mod token;

use std::{env, fs, process, sync::LazyLock};
use token::Door;

static DOOR: LazyLock<Door> = LazyLock::new(|| {
    let folder = env::temp_dir().join(format!("account-swap-token-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder can be made");
    let door = Door::hang(&folder);
    fs::remove_dir_all(&folder).expect("the folder is ours");
    door
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| DOOR.follow(bytes));
