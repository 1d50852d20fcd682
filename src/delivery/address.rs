//! Which addresses are inside somebody's walls, or nobody's at all.
//!
//! In goes an address; out comes why nothing may be sent to it, or nothing where the whole internet can reach it. Addresses
//! of version 6 that carry one of version 4 are judged by both. The lists are those of the registries of special purpose
//! addresses (RFC 6890 and its successors), read as data. Deliberately absent: names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why nothing may be sent to an address: what it is for, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside(pub &'static str);

/// Networks of version 4: first address, bits, what they are for.
const NETWORKS_4: &[([u8; 4], u32, &str)] = &[
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "a private network"),
    ([100, 64, 0, 0], 10, "a provider's inner network"),
    ([127, 0, 0, 0], 8, "this machine"),
    ([169, 254, 0, 0], 16, "a link, such as a cloud's metadata"),
    ([172, 16, 0, 0], 12, "a private network"),
    ([192, 0, 0, 0], 24, "protocols"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 31, 196, 0], 24, "name servers' own use"),
    ([192, 52, 193, 0], 24, "multicast relays"),
    ([192, 88, 99, 0], 24, "relays of version 6"),
    ([192, 168, 0, 0], 16, "a private network"),
    ([192, 175, 48, 0], 24, "name servers' own use"),
    ([198, 18, 0, 0], 15, "measurements"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "many at once"),
    ([240, 0, 0, 0], 4, "nothing yet"),
];

/// Networks of version 6 inside 2000::/3, which is all that is given out: first segments, bits, what they are for.
const NETWORKS_6: &[([u16; 3], u32, &str)] = &[
    ([0x2001, 0, 0], 23, "protocols and tunnels"),
    ([0x2001, 0xdb8, 0], 32, "documentation"),
    ([0x2002, 0, 0], 16, "tunnels to version 4"),
    ([0x2620, 0x4f, 0x8000], 48, "name servers' own use"),
    ([0x3fff, 0, 0], 20, "documentation"),
];

/// Why nothing may be sent to an address; nothing where it is one like any other.
pub fn inside(address: IpAddr) -> Option<Inside> {
    match address {
        IpAddr::V4(address) => inside_4(address),
        IpAddr::V6(address) => inside_6(address),
    }
}

fn inside_4(address: Ipv4Addr) -> Option<Inside> {
    let number = u32::from(address);
    let has = |first: &[u8; 4], bits: u32| number >> (32 - bits) == u32::from_be_bytes(*first) >> (32 - bits);
    NETWORKS_4.iter().find(|(first, bits, _)| has(first, *bits)).map(|(.., what)| Inside(what))
}

fn inside_6(address: Ipv6Addr) -> Option<Inside> {
    let number = u128::from(address);
    if number == 0 {
        return Some(Inside("no address at all"));
    }
    if number == 1 {
        return Some(Inside("this machine"));
    }
    // Whatever stands for an address of version 4 outside 2000::/3, mapped or translated, is refused with the rest.
    if number >> 125 != 1 {
        return Some(match number >> 120 {
            0xff => Inside("many at once"),
            0xfe if address.is_unicast_link_local() => Inside("a link"),
            0xfc | 0xfd => Inside("a private network"),
            0x00 => Inside("an address of version 4 in another form"),
            _ => Inside("nothing that the internet can reach"),
        });
    }
    let has = |first: &[u16; 3], bits: u32| {
        let first = first.iter().fold(0_u128, |sum, segment| sum << 16 | u128::from(*segment)) << 80;
        number >> (128 - bits) == first >> (128 - bits)
    };
    NETWORKS_6.iter().find(|(first, bits, _)| has(first, *bits)).map(|(.., what)| Inside(what))
}
