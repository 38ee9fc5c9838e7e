//! Points in time, as RFC 3339 writes them.

/// The end of the year 9999, in seconds since 1970: what has four digits for its year ends there.
const LAST: u64 = 253_402_300_799;
const DAY: u64 = 86_400;

/// A time in seconds since 1970, in UTC.
pub(crate) fn written(seconds: u64) -> String {
    let seconds = seconds.min(LAST);
    let (day, rest) = (seconds / DAY, seconds % DAY);
    let (year, month, day) = date(day);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The whole seconds since 1970 of a time; nothing when it is none, or lies before that.
pub(crate) fn read(text: &str) -> Option<u64> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, zone) = rest.split_at_checked(9)?;
    let (year, month, day) = three(date, '-')?;
    let (hour, minute, second) = three(time.strip_prefix(['T', 't', ' '])?, ':')?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day);
    // A leap second is the second it follows.
    if !valid || year < 1970 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second.min(59);
    let zone = match zone.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => zone,
    };
    match zone.strip_prefix('+') {
        Some(east) => seconds.checked_sub(offset(east)?),
        None if zone.eq_ignore_ascii_case("z") => Some(seconds),
        None => seconds.checked_add(offset(zone.strip_prefix('-')?)?),
    }
}

/// `HH:MM` in seconds.
fn offset(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split_once(':')?;
    Some(number(hours)? * 3600 + number(minutes)? * 60)
}

fn three(text: &str, between: char) -> Option<(u64, u64, u64)> {
    let mut parts = text.split(between);
    let parts = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    match parts {
        (one, two, three, None) => Some((number(one)?, number(two)?, number(three)?)),
        _ => None,
    }
}

/// A number of at most four digits.
fn number(text: &str) -> Option<u64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days from 1970 to a date of the Gregorian calendar. Years are counted from March, so that the
/// leap day is a year's last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month < 3 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    // 719468 days lie between March of the year 0 and 1970.
    before + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The date so many days after the first of 1970, by the same count.
fn date(days: u64) -> (u64, u64, u64) {
    const CENTURIES: u64 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days / CENTURIES, days % CENTURIES);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (day * 5 + 2) / 153;
    let day = day - (month * 153 + 2) / 5 + 1;
    let year = era * 400 + year + u64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(written(1_760_000_000), "2025-10-09T08:53:20Z");
        assert_eq!(written(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(written(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_written_is_read() {
        for day in 0..80_000 {
            let seconds = day * DAY + 45_296;
            assert_eq!(read(&written(seconds)), Some(seconds));
        }
    }

    #[test]
    fn fractions_and_zones_are_read() {
        let zulu = read("2023-08-04T15:52:19Z").unwrap();
        assert_eq!(read("2023-08-04T08:52:19.385406455-07:00"), Some(zulu));
        assert_eq!(read("2023-08-04T17:22:19+01:30"), Some(zulu));
    }

    #[test]
    fn what_is_no_time_is_nothing() {
        for text in [
            "",
            "0001-01-01T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-08-04T15:52:19",
            "2023-08-04T15:52:19+1",
            "2023-08-04 秤15:52",
            "1970-01-01T00:00:00+01:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
