//! Speeds, lengths, weights and durations as mappers write them.
//!
//! In goes the text of a tag; out comes a number in kilometres an hour, metres, kilograms or seconds, or nothing where
//! the text says none.
//! Deliberately absent: ranges and lists; of `50;30` the first counts.

use super::speeds;

const KILOMETRES_PER_MILE: f64 = 1.609;
const METRES_PER_INCH: f64 = 0.0254;
const KILOGRAMS_PER_POUND: f64 = 0.453_592_37;

/// A speed limit in km/h: `50`, `30 mph`, `walk`, `FR:urban`, `none`; nothing where it limits nothing.
pub fn speed_limit_kmh(text: &str) -> Option<f64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let limit = match text[..digits].parse::<f64>() {
        Ok(miles) if text.contains("mph") || text.contains("mp/h") => miles * KILOMETRES_PER_MILE,
        Ok(kilometres) => kilometres,
        Err(_) => speeds::limit_of_zone(&text.to_lowercase())?,
    };
    (limit > 0.0).then_some(limit)
}

/// A length in metres: `2.5`, `2,5 m`, `7'6"`.
pub fn metres(text: &str) -> Option<f64> {
    let number = first_number(text)?;
    let Some((_, inches)) = text.split_once('\'') else { return Some(number) };
    Some((number * 12.0 + first_number(inches).map_or(0.0, f64::trunc)) * METRES_PER_INCH)
}

/// A clear height in metres; what is signed as no limit is the 4.5 m that roads are built for.
pub fn height_metres(text: &str) -> Option<f64> {
    match text {
        "default" | "none" | "no-sign" | "unsigned" => Some(4.5),
        _ => metres(text),
    }
}

/// A weight in kilograms: `3.5` and `3.5 t` are tonnes, `2000 kg`, `8000 lbs`.
pub fn kilograms(text: &str) -> Option<f64> {
    let number = first_number(text)?;
    Some(if text.contains("lbs") {
        number * KILOGRAMS_PER_POUND
    } else if text.contains("kg") {
        number
    } else {
        number * 1000.0
    })
}

/// A duration in seconds: `15` (minutes), `01:30`, `01:30:15`, `PT1H30M`.
pub fn duration_seconds(text: &str) -> Option<f64> {
    if let Some(iso) = text.strip_prefix('P') {
        return iso_seconds(iso);
    }
    let parts: Option<Vec<f64>> = text.split(':').map(|part| part.parse::<u32>().ok().map(f64::from)).collect();
    match *parts? {
        [minutes] => Some(minutes * 60.0),
        [hours, minutes] => Some(hours * 3600.0 + minutes * 60.0),
        [hours, minutes, seconds] => Some(hours * 3600.0 + minutes * 60.0 + seconds),
        _ => None,
    }
}

/// What follows the `P` of an ISO 8601 duration; weeks, days, hours, minutes and seconds.
fn iso_seconds(text: &str) -> Option<f64> {
    let (mut seconds, mut number, mut of_a_day) = (0.0, String::new(), false);
    for sign in text.chars() {
        let unit = match sign {
            '0'..='9' | '.' => {
                number.push(sign);
                continue;
            }
            'T' if number.is_empty() && !of_a_day => {
                of_a_day = true;
                continue;
            }
            'W' => 604_800.0,
            'D' => 86_400.0,
            'H' if of_a_day => 3600.0,
            'M' if of_a_day => 60.0,
            'S' if of_a_day => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
    }
    (number.is_empty() && seconds > 0.0).then_some(seconds)
}

/// The first number in a text, with a comma or a point before its decimals.
fn first_number(text: &str) -> Option<f64> {
    let start = text.find(|sign: char| sign.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest.find(|sign: char| !(sign.is_ascii_digit() || sign == '.' || sign == ',')).unwrap_or(rest.len());
    let number = rest[..end].replace(',', ".");
    let mut parts = number.splitn(3, '.');
    let whole = parts.next()?;
    format!("{whole}.{}", parts.next().unwrap_or("0")).parse().or_else(|_| whole.parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_signed() {
        assert_eq!(speed_limit_kmh("50"), Some(50.0));
        assert_eq!(speed_limit_kmh("30 mph"), Some(30.0 * 1.609));
        assert_eq!(speed_limit_kmh("PT:urban"), Some(50.0));
        assert_eq!(speed_limit_kmh("DE:rural"), Some(100.0));
        assert_eq!(speed_limit_kmh("DE:motorway"), None, "no limit is no speed");
        assert_eq!(speed_limit_kmh("none"), Some(140.0));
        assert_eq!(speed_limit_kmh("signals"), None);
        assert_eq!(speed_limit_kmh(""), None);
    }

    #[test]
    fn lengths_and_weights_are_read_in_either_system() {
        assert_eq!(metres("2,5 m"), Some(2.5));
        assert_eq!(metres("about 3"), Some(3.0));
        assert!((metres("7'6\"").unwrap() - 2.286).abs() < 1e-9);
        assert_eq!(metres("narrow"), None);
        assert_eq!(height_metres("default"), Some(4.5));
        assert_eq!(kilograms("3.5"), Some(3500.0));
        assert_eq!(kilograms("1500 kg"), Some(1500.0));
        assert!((kilograms("1000 lbs").unwrap() - 453.592_37).abs() < 1e-9);
    }

    #[test]
    fn durations_are_read_in_every_form() {
        assert_eq!(duration_seconds("15"), Some(900.0));
        assert_eq!(duration_seconds("01:30"), Some(5400.0));
        assert_eq!(duration_seconds("00:05:30"), Some(330.0));
        assert_eq!(duration_seconds("PT1H30M"), Some(5400.0));
        assert_eq!(duration_seconds("P1DT1S"), Some(86_401.0));
        assert_eq!(duration_seconds("P1M"), None, "a month has no fixed length");
        assert_eq!(duration_seconds("soon"), None);
        assert_eq!(duration_seconds(""), None);
    }
}
