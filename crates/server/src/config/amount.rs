//! Durations and sizes as people write them.

use std::time::Duration;

/// What a duration should look like.
pub(super) const DURATION: &str = "a duration such as \"500ms\", \"30s\", \"10m\" or \"1h\"";

/// What a size should look like.
pub(super) const SIZE: &str = "a size such as \"64KiB\", \"32MiB\" or \"1GiB\"";

/// A duration of more than nothing and at most a day.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "m" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        _ => return None,
    };
    (1..=86_400_000).contains(&millis).then(|| Duration::from_millis(millis))
}

/// A size of at least one byte.
pub(super) fn size(text: &str) -> Option<usize> {
    let (number, unit) = split(text)?;
    let shift = match unit {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    let bytes = number.checked_mul(1 << shift)?;
    usize::try_from(bytes).ok().filter(|bytes| *bytes > 0)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("10m"), Some(Duration::from_secs(600)));
        for wrong in ["", "10", "0s", "1.5s", "25h", "-1s", "s", "99999999999999999999s"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        assert_eq!(size("32MiB"), Some(32 << 20));
        assert_eq!(size("1 KiB"), Some(1024));
        for wrong in ["32MB", "32", "0B", "99999999999999999GiB"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
