//! Every kind of address that a message may not reach, in every spelling known to have fooled somebody.

use account_swap::{
    delivery::{Guard, Unfit, inside},
    settings::Settings,
};
use std::net::IpAddr;

fn guard(allowed: &[&str]) -> Guard {
    let mut settings = Settings::built_in().webhooks;
    settings.allowed_hosts = allowed.iter().map(|host| (*host).to_owned()).collect();
    Guard::new(&settings)
}

/// Addresses inside, one of each kind and both ends of some.
const INSIDE: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::7f00:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff00::1",
    "ff02::1",
    "ff0e::1",
];

#[test]
fn no_message_goes_to_an_address_that_only_insiders_reach() {
    assert!(INSIDE.len() >= 60, "{}", INSIDE.len());
    let guard = guard(&[]);
    for text in INSIDE {
        let address: IpAddr = text.parse().unwrap();
        assert!(inside(address).is_some(), "{text}");
        let url = match address {
            IpAddr::V4(_) => format!("https://{address}/hook"),
            IpAddr::V6(_) => format!("https://[{address}]/hook"),
        };
        // Version 6 has its plain spelling too; what is written otherwise is refused for that.
        let refused = guard.check(&url).unwrap_err();
        assert!(matches!(refused, Unfit::Inside { .. } | Unfit::NotPlain(_)), "{url}: {refused}");
    }
}

#[test]
fn addresses_that_everybody_reaches_are_not_refused() {
    for text in [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450::1",
    ] {
        assert_eq!(inside(text.parse().unwrap()), None, "{text}");
    }
}

#[test]
fn other_spellings_schemes_users_and_ports_are_refused() {
    let guard = guard(&[]);
    for text in [
        // Decimal, octal, hexadecimal and short forms of 127.0.0.1 and 169.254.169.254.
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.1/",
        "https://0/",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://0251.0376.0251.0376/",
        "https://127.0.0.1./",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::1%25eth0]/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://127.0.0.1%00.example.com/",
        "https://127.0.0.1\\@example.com/",
        "https:\\\\127.0.0.1/",
        "https://example.com@127.0.0.1/",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://:@example.com/",
        "https://example.com#@127.0.0.1/",
        "https://exa\tmple.com/",
        " https://example.com/",
        "https://example.com/\n",
        "https://EXAMPLE.com/",
        "https://example.com:443/",
        "https:example.com",
        "https:///example.com/",
        "https://bücher.example/",
        "https://example.com/../x",
        "https://example.com/#part",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:,x",
        "javascript:alert(1)",
        "https://example.com:22/",
        "https://example.com:25/",
        "https://example.com:80/",
        "https://example.com:6379/",
        "https://",
        "",
        "example.com",
        "//example.com/",
        "unix:/run/docker.sock",
    ] {
        assert!(guard.check(text).is_err(), "{text}");
    }
    let long = format!("https://example.com/{}", "x".repeat(2000));
    assert_eq!(guard.check(&long), Err(Unfit::NoUrl));
}

#[test]
fn ordinary_endpoints_are_taken_as_they_are_written() {
    let guard = guard(&[]);
    for text in [
        "https://example.com",
        "https://example.com/",
        "https://example.com/hooks/a?b=c&d=%20",
        "https://hooks.example.com:8443/x",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/",
    ] {
        assert!(guard.check(text).is_ok(), "{text}: {:?}", guard.check(text));
    }
}

#[test]
fn a_host_the_settings_name_may_be_inside_and_without_tls() {
    let named = guard(&["crm.internal", "10.1.2.3:8080", "crm.example:8080", "[::1]"]);
    for text in [
        "http://crm.internal/",
        "https://crm.internal:9000/x",
        "http://10.1.2.3:8080/",
        "http://crm.example:8080/",
        "http://[::1]:99/",
    ] {
        assert!(named.check(text).is_ok(), "{text}: {:?}", named.check(text));
    }
    for text in [
        "http://10.1.2.3/",
        "https://10.1.2.3:8081/",
        "https://crm.example/",
        "https://crm.example:8443/",
        "http://crm.internal.example.com/",
        "http://xcrm.internal/",
        "ftp://crm.internal/",
        "http://user@crm.internal/",
    ] {
        assert!(named.check(text).is_err(), "{text}");
    }
}

#[actix_web::test]
async fn a_name_with_an_inner_address_is_refused_unless_it_is_named() {
    let refused = guard(&[]).look_up("localhost").await.unwrap_err();
    assert!(matches!(refused, Unfit::Inside { what: "this machine", .. }), "{refused}");
    assert!(!guard(&["localhost"]).look_up("localhost").await.unwrap().is_empty());
    assert!(!guard(&["localhost:1"]).look_up("localhost").await.unwrap().is_empty());
    assert!(guard(&["local"]).look_up("localhost").await.is_err());
}
