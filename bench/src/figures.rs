//! Figures: whole numbers in, few digits out.
//!
//! Times are nanoseconds, ratios thousandths.

/// The middle figure; nothing of none is 0.
pub(crate) fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    percentile(&figures, 500)
}

/// The figure that so many thousandths of these, which are sorted, do not exceed (nearest rank).
pub(crate) fn percentile(sorted: &[u64], thousandths: u64) -> u64 {
    let count = u64::try_from(sorted.len()).unwrap_or(u64::MAX);
    let rank = count.saturating_mul(thousandths).div_ceil(1_000).max(1);
    let index = usize::try_from(rank - 1).unwrap_or(usize::MAX);
    sorted.get(index).copied().unwrap_or(0)
}

/// How many thousandths of `floor` a figure is; nothing is known beside a floor of 0.
pub(crate) fn ratio(figure: u64, floor: u64) -> Option<u64> {
    figure.saturating_mul(1_000).checked_div(floor)
}

/// Thousandths as a factor: `3.02x`.
pub(crate) fn times(thousandths: u64) -> String {
    format!("{}.{:02}x", thousandths / 1_000, thousandths % 1_000 / 10)
}

/// Nanoseconds in microseconds with one decimal: `70.9 µs`.
pub(crate) fn micros(nanos: u64) -> String {
    format!("{}.{} µs", nanos / 1_000, nanos % 1_000 / 100)
}

/// Nanoseconds in microseconds with two decimals, for what is small.
pub(crate) fn fine_micros(nanos: u64) -> String {
    format!("{}.{:02} µs", nanos / 1_000, nanos % 1_000 / 10)
}

/// Nanoseconds in milliseconds with two decimals: `0.42 ms`.
pub(crate) fn millis(nanos: u64) -> String {
    format!("{}.{:02} ms", nanos / 1_000_000, nanos % 1_000_000 / 10_000)
}

/// What `figure` has more than `floor`, in milliseconds; less has its sign.
pub(crate) fn more_millis(figure: u64, floor: u64) -> String {
    let sign = if figure < floor { "-" } else { "" };
    format!("{sign}{}", millis(figure.abs_diff(floor)))
}

/// KiB, of 1,024 bytes, in MB, of a million: `19.5 MB`.
pub(crate) fn megabytes(kib: u64) -> String {
    let tenths = bytes(kib) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// KiB in bytes.
pub(crate) fn bytes(kib: u64) -> u64 {
    kib.saturating_mul(1_024)
}

/// A count for people: `5,000,000`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&sorted, 500), 50);
        assert_eq!(percentile(&sorted, 990), 99);
        assert_eq!(percentile(&sorted, 1_000), 100);
        assert_eq!(percentile(&sorted, 0), 1);
        assert_eq!(percentile(&[7], 990), 7);
        assert_eq!(percentile(&[], 500), 0);
        assert_eq!(median(vec![5, 1, 9]), 5);
    }

    #[test]
    fn ratios_are_thousandths_and_need_a_floor() {
        assert_eq!(ratio(302, 100), Some(3_020));
        assert_eq!(ratio(1, 0), None);
        assert_eq!(times(3_020), "3.02x");
        assert_eq!(times(985), "0.98x");
    }

    #[test]
    fn figures_have_their_units() {
        assert_eq!(micros(70_950), "70.9 µs");
        assert_eq!(fine_micros(1_059), "1.05 µs");
        assert_eq!(millis(1_420_000), "1.42 ms");
        assert_eq!(more_millis(1_000_000, 1_500_000), "-0.50 ms");
        assert_eq!(megabytes(19_532), "20.0 MB");
        assert_eq!(count(5_000_000), "5,000,000");
        assert_eq!(count(999), "999");
    }
}
