//! Where a request comes from, for counting those who are not signed in.
//!
//! In go the other end of the connection, what proxies say, and which proxies are trusted; out comes an address. Holds: what
//! a caller makes up counts for nothing, since each proxy adds whom it heard at the end, and only the word of trusted ones is
//! taken. Deliberately absent: letting anybody in by their address.

use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// Whom a request comes from: the other end, or where that is a trusted proxy, the last that is none.
pub fn origin(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut origin = peer?.to_canonical();
    let said = headers.get_all(X_FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    let heard: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    for address in heard.into_iter().rev() {
        let Some(before) = address.parse().ok().filter(|_| is_trusted(&origin)) else { break };
        origin = IpAddr::to_canonical(&before);
    }
    Some(origin)
}

/// What an address counts as: one IPv4 address, or one IPv6 network of 64 bits, which is one customer.
pub fn counted_as(origin: Option<IpAddr>) -> String {
    match origin {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("from {}", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Some(IpAddr::V4(address)) => format!("from {address}"),
        None => "from nowhere".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn from(peer: &str, said: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        counted_as(origin(Some(peer.parse().unwrap()), &headers, &trusted))
    }

    #[test]
    fn whoever_stands_before_the_trusted_proxies_is_counted_whatever_they_make_up() {
        let cases: [(&str, &[&'static str], &str); 9] = [
            ("203.0.113.7", &[], "203.0.113.7"),
            ("203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
            ("10.0.0.2", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.2", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.2", &["198.51.100.1", "203.0.113.7 , 10.9.9.9"], "203.0.113.7"),
            ("10.0.0.2", &["203.0.113.7, nobody"], "10.0.0.2"),
            ("10.0.0.2", &[], "10.0.0.2"),
            ("10.0.0.2", &["10.0.0.3"], "10.0.0.3"),
            ("::ffff:10.0.0.2", &["::ffff:203.0.113.7"], "203.0.113.7"),
        ];
        for (peer, said, expected) in cases {
            assert_eq!(from(peer, said), format!("from {expected}"), "{peer} {said:?}");
        }
    }

    #[test]
    fn one_ipv6_customer_is_one_address() {
        assert_eq!(from("2001:db8:1:2::1", &[]), from("2001:db8:1:2:ffff::9", &[]));
        assert_ne!(from("2001:db8:1:2::1", &[]), from("2001:db8:1:3::1", &[]));
        assert_eq!(from("fd00::1", &["2001:db8:1:2::1"]), from("2001:db8:1:2::2", &[]));
    }
}
