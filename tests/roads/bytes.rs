//! Files of roads: what comes back, and what is refused.

use crate::{drawn::Drawn, real::HARRISBURG};
use account_swap::routing::road_network::{
    file::{RoadFileError, VERSION},
    network::Network,
};

fn small() -> Vec<u8> {
    Drawn::new("x a . b\n. . . .\nc d . e y")
        .streets(&["xa", "ab", "be", "ed", "da", "dc", "ey"])
        .build()
        .network
        .to_bytes()
}

fn with_right_checksum(mut file: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&file[24..]);
    file[12..16].copy_from_slice(&sum.to_le_bytes());
    file
}

#[test]
fn a_network_comes_back_as_it_was() {
    let network = &HARRISBURG.network;
    let bytes = network.to_bytes();
    let back = Network::from_bytes(&bytes).unwrap();
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!((&back.origin, &back.roads), (&network.origin, &network.roads));
    assert_eq!((&back.graph, &back.hierarchy), (&network.graph, &network.hierarchy));
}

#[test]
fn a_foreign_a_newer_a_cut_and_a_damaged_file_are_refused_by_name() {
    let file = small();
    let refusal = |bytes: &[u8]| Network::from_bytes(bytes).unwrap_err().to_string();
    assert_eq!(
        refusal(b"PK\x03\x04 something else"),
        "it begins with \"PK\\\\x03\\\\x04 som\", expected \"swaproad\": it is no file of roads; `roads build` makes one"
    );
    assert!(matches!(Network::from_bytes(b""), Err(RoadFileError::Foreign { .. })));
    let mut newer = file.clone();
    newer[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
    assert!(matches!(Network::from_bytes(&newer), Err(RoadFileError::Version { found }) if found == VERSION + 1));
    let cut = &file[..file.len() - 9];
    assert!(
        matches!(Network::from_bytes(cut), Err(RoadFileError::Length { found, expected }) if found + 9 == expected)
    );
    let mut damaged = file.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 4;
    assert!(matches!(Network::from_bytes(&damaged), Err(RoadFileError::Checksum { .. })));
}

#[test]
fn whatever_one_byte_is_nothing_panics() {
    let file = small();
    let at = account_swap::routing::road_network::osm::Point { lat_e7: 9_000, lon_e7: 9_000 };
    let mut sound = 0;
    for byte in 24..file.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[byte] ^= change;
            // Where the checksum fits, what is read must still be sound to ask.
            if let Ok(network) = Network::from_bytes(&with_right_checksum(changed))
                && let Some(from) = network.snap(at, 1e6)
            {
                let to = network.snap(network.roads.points[0], 1e6).unwrap_or(from);
                let _ = (network.table(&[from, to], &[to, from]), network.route(&from, &to));
                sound += 1;
            }
        }
    }
    assert!(sound > 0, "some changes are harmless");
}
