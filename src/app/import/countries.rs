//! Countries: their codes, the names CRMs give them, and roughly where they are.
//!
//! In goes text or a place; out comes an ISO 3166-1 alpha-2 code in lower case, or whether a place lies in a country.
//! The boxes are generous rectangles around the inhabited parts, good enough to tell a latitude from a longitude and
//! for nothing else. Deliberately absent: borders, and a box for a country where the two could not be told apart.

/// Every officially assigned ISO 3166-1 alpha-2 code, and `xk`, which is in use for Kosovo.
const CODES: &str = "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt \
    bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj \
    fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is \
    it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn \
    mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw \
    py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn \
    to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws xk ye yt za zm zw";

/// South, north, west and east in degrees.
type Box = [f64; 4];

/// A country that people write out, and where it is.
struct Country {
    code: &'static str,
    /// In lower case, as exports write them, the alpha-3 code first.
    names: &'static [&'static str],
    boxes: &'static [Box],
}

const COUNTRIES: &[Country] = &[
    Country { code: "at", names: &["aut", "austria", "österreich"], boxes: &[[46.3, 49.1, 9.4, 17.3]] },
    Country { code: "au", names: &["aus", "australia"], boxes: &[[-44.0, -9.0, 112.0, 154.5]] },
    Country { code: "be", names: &["bel", "belgium"], boxes: &[[49.4, 51.6, 2.4, 6.5]] },
    Country { code: "bg", names: &["bgr", "bulgaria"], boxes: &[[41.1, 44.3, 22.2, 28.8]] },
    Country { code: "br", names: &["bra", "brazil", "brasil"], boxes: &[[-34.0, 5.5, -74.1, -34.5]] },
    Country { code: "ca", names: &["can", "canada"], boxes: &[[41.6, 83.2, -141.1, -52.5]] },
    Country { code: "ch", names: &["che", "switzerland", "schweiz", "suisse"], boxes: &[[45.7, 47.9, 5.8, 10.6]] },
    Country { code: "cn", names: &["chn", "china"], boxes: &[[18.0, 53.7, 73.4, 135.2]] },
    Country { code: "cz", names: &["cze", "czechia", "czech republic"], boxes: &[[48.5, 51.2, 12.0, 18.9]] },
    Country { code: "de", names: &["deu", "germany", "deutschland"], boxes: &[[47.2, 55.2, 5.8, 15.1]] },
    Country { code: "dk", names: &["dnk", "denmark", "danmark"], boxes: &[[54.5, 57.9, 7.9, 15.3]] },
    Country { code: "ee", names: &["est", "estonia"], boxes: &[[57.4, 59.9, 21.6, 28.3]] },
    Country {
        code: "es",
        names: &["esp", "spain", "españa"],
        boxes: &[[35.1, 43.9, -9.4, 4.4], [27.5, 29.5, -18.3, -13.3]],
    },
    Country { code: "fi", names: &["fin", "finland", "suomi"], boxes: &[[59.6, 70.2, 19.3, 31.7]] },
    Country { code: "fr", names: &["fra", "france"], boxes: &[[41.3, 51.2, -5.3, 9.7]] },
    Country { code: "gb", names: &["gbr", "united kingdom", "great britain", "uk"], boxes: &[[49.8, 61.0, -8.7, 1.9]] },
    Country { code: "gr", names: &["grc", "greece"], boxes: &[[34.7, 41.8, 19.3, 29.7]] },
    Country { code: "hr", names: &["hrv", "croatia"], boxes: &[[42.3, 46.6, 13.4, 19.5]] },
    Country { code: "hu", names: &["hun", "hungary"], boxes: &[[45.7, 48.6, 16.1, 22.9]] },
    Country { code: "ie", names: &["irl", "ireland"], boxes: &[[51.3, 55.5, -10.7, -5.9]] },
    Country { code: "il", names: &["isr", "israel"], boxes: &[] },
    Country { code: "in", names: &["ind", "india"], boxes: &[[6.7, 35.7, 68.0, 97.5]] },
    Country { code: "it", names: &["ita", "italy", "italia"], boxes: &[[35.4, 47.1, 6.6, 18.6]] },
    Country { code: "jp", names: &["jpn", "japan"], boxes: &[[24.0, 45.6, 122.9, 146.0]] },
    Country { code: "kr", names: &["kor", "south korea", "korea, republic of"], boxes: &[[33.0, 38.7, 124.5, 131.0]] },
    Country { code: "li", names: &["lie", "liechtenstein"], boxes: &[[47.0, 47.3, 9.4, 9.7]] },
    Country { code: "lt", names: &["ltu", "lithuania"], boxes: &[[53.8, 56.5, 20.9, 26.9]] },
    Country { code: "lu", names: &["lux", "luxembourg"], boxes: &[[49.4, 50.2, 5.7, 6.6]] },
    Country { code: "lv", names: &["lva", "latvia"], boxes: &[[55.6, 58.1, 20.9, 28.3]] },
    Country { code: "mx", names: &["mex", "mexico", "méxico"], boxes: &[[14.5, 32.8, -118.5, -86.6]] },
    Country {
        code: "nl",
        names: &["nld", "netherlands", "the netherlands", "nederland"],
        boxes: &[[50.7, 53.7, 3.3, 7.3]],
    },
    Country { code: "no", names: &["nor", "norway", "norge"], boxes: &[[57.9, 71.3, 4.5, 31.2]] },
    Country { code: "nz", names: &["nzl", "new zealand"], boxes: &[[-47.4, -34.3, 166.3, 178.7]] },
    Country { code: "pl", names: &["pol", "poland", "polska"], boxes: &[[48.9, 54.9, 14.0, 24.2]] },
    Country {
        code: "pt",
        names: &["prt", "portugal"],
        boxes: &[[36.9, 42.2, -9.6, -6.1], [32.3, 33.2, -17.4, -16.2], [36.8, 39.8, -31.4, -24.9]],
    },
    Country { code: "ro", names: &["rou", "romania"], boxes: &[[43.6, 48.3, 20.2, 29.8]] },
    Country { code: "se", names: &["swe", "sweden", "sverige"], boxes: &[[55.2, 69.1, 10.9, 24.2]] },
    Country { code: "si", names: &["svn", "slovenia"], boxes: &[[45.4, 46.9, 13.3, 16.7]] },
    Country { code: "sk", names: &["svk", "slovakia"], boxes: &[[47.7, 49.7, 16.8, 22.6]] },
    Country {
        code: "us",
        names: &["usa", "united states", "united states of america", "u.s.", "u.s.a."],
        boxes: &[[24.4, 49.5, -125.0, -66.8], [51.0, 71.5, -180.0, -129.9], [18.8, 22.4, -160.4, -154.7]],
    },
    Country { code: "za", names: &["zaf", "south africa"], boxes: &[[-35.0, -22.0, 16.4, 33.0]] },
];

/// The code of what somebody wrote: a code, or the name of a country people write out, in any case.
pub(super) fn code(text: &str) -> Option<String> {
    let word = text.trim().to_lowercase();
    if CODES.split_ascii_whitespace().any(|code| code == word) {
        return Some(word);
    }
    let named = COUNTRIES.iter().find(|country| country.names.contains(&word.as_str()))?;
    Some(named.code.to_owned())
}

/// Whether a place lies roughly in a country; `None` where no box is known.
fn contains(code: &str, lat: f64, lon: f64) -> Option<bool> {
    let country = COUNTRIES.iter().find(|country| country.code == code && !country.boxes.is_empty())?;
    let inside = |&[south, north, west, east]: &Box| (south..=north).contains(&lat) && (west..=east).contains(&lon);
    Some(country.boxes.iter().any(inside))
}

/// Whether latitude and longitude stand in each other's place: impossible or outside the country as they are, and
/// inside it if exchanged, as far as its box is known.
pub(super) fn looks_swapped(code: &str, lat: f64, lon: f64) -> bool {
    let exchanged = contains(code, lon, lat);
    if lat.abs() > 90.0 {
        return lon.abs() <= 90.0 && exchanged != Some(false);
    }
    contains(code, lat, lon) == Some(false) && exchanged == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_written_out_names_are_known_in_any_case() {
        for (text, expected) in
            [("US", "us"), (" Germany ", "de"), ("United States", "us"), ("GBR", "gb"), ("li", "li")]
        {
            assert_eq!(code(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(code("Atlantis"), None);
        assert_eq!(CODES.split_ascii_whitespace().count(), 250);
    }

    #[test]
    fn a_capital_with_its_coordinates_exchanged_is_caught_and_a_right_one_is_not() {
        let capitals = [
            ("us", 38.9, -77.0),
            ("ca", 45.4, -75.7),
            ("gb", 51.5, -0.1),
            ("de", 52.5, 13.4),
            ("fr", 48.9, 2.4),
            ("li", 47.1, 9.5),
            ("pt", 38.7, -9.1),
            ("at", 48.2, 16.4),
            ("ch", 46.9, 7.4),
            ("it", 41.9, 12.5),
            ("es", 40.4, -3.7),
            ("nl", 52.4, 4.9),
            ("be", 50.8, 4.4),
            ("pl", 52.2, 21.0),
            ("se", 59.3, 18.1),
        ];
        for (country, lat, lon) in capitals {
            assert!(!looks_swapped(country, lat, lon), "{country}");
            assert!(looks_swapped(country, lon, lat), "{country}");
        }
    }

    #[test]
    fn an_impossible_latitude_is_swapped_only_where_the_exchange_would_help() {
        assert!(looks_swapped("jp", 139.7, 35.7));
        assert!(looks_swapped("vn", 105.8, 21.0));
        assert!(!looks_swapped("us", 95.0, -71.0));
        assert!(!looks_swapped("vn", 105.8, 121.0));
    }

    #[test]
    fn a_box_that_could_not_tell_the_two_apart_is_not_in_the_table() {
        for country in COUNTRIES {
            for [south, north, west, east] in country.boxes {
                assert!(south < north && west < east, "{}", country.code);
                // No place of the country is still in it when exchanged.
                let apart = north < west || east < south;
                assert!(apart, "{}", country.code);
            }
        }
    }
}
