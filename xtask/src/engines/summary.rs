//! What there was, as a table for people.

use std::time::Duration;

use super::answer::End;
use super::judge::{Case, LONGEST};

/// The lines of it.
pub(crate) fn lines(case: &Case) -> Vec<String> {
    let calls = &case.calls;
    let count =
        |is: &dyn Fn(&super::caller::Call) -> bool| calls.iter().filter(|it| is(it)).count();
    let streams = count(&|call| call.stream);
    let cut = count(&|call| matches!(call.end, End::Error(_)));
    let failed_over = case.pairs().filter(|(_, receipt)| receipt.failed_over()).count();
    let anew = case.pairs().filter(|(_, receipt)| receipt.asked_anew()).count();
    let longest = calls.iter().map(|call| call.silence).max().unwrap_or_default();
    let mut lines = vec![
        format!("calls          {:>6}, {streams} of them streams", calls.len()),
        format!("failed over    {failed_over:>6}"),
        format!("asked anew     {anew:>6}, for a kept connection had been closed"),
        format!("streams cut    {cut:>6}"),
        format!(
            "longest wait   {}, of {} at most",
            time(Some(longest)),
            time(Some(LONGEST)).trim()
        ),
        String::new(),
        "the desk was   left after   of at most   used again after   of at most".to_owned(),
    ];
    lines.extend(case.outages.iter().map(|outage| {
        let kind = outage.kind;
        format!(
            "{:12} {:>12} {:>12} {:>18} {:>12}",
            kind.word(),
            time(outage.left_after(&case.sights)),
            time(Some(kind.until_left())),
            time(outage.used_after(case.pairs())),
            time(Some(kind.until_used())),
        )
    }));
    lines
}

fn time(time: Option<Duration>) -> String {
    match time {
        Some(time) => {
            let millis = time.as_millis();
            format!("{:>3}.{:02} s", millis / 1000, millis % 1000 / 10)
        }
        None => "never".to_owned(),
    }
}
