//! `[levels.NAME]`.

use weighbridge_core::directory::Provider;
use weighbridge_core::level::{Level, LevelTable, Order, Reserve};
use weighbridge_core::window::Pace;

use super::hybrid;
use super::reader::Table;

const KNOWN: [&str; 7] =
    ["sync", "view", "order", "reserve", "overrun_cap", "hybrid_policy", "regions"];
const NOT_YET: [&str; 1] = ["async"];

pub(super) fn read(root: &Table<'_>, providers: &[Provider]) -> LevelTable {
    let tables = root.table("levels").map(|levels| levels.each()).unwrap_or_default();
    let read = |(name, table): &(String, Table<'_>)| read_level(name, table, providers);
    LevelTable::new(tables.iter().map(read).collect())
}

fn read_level(name: &str, table: &Table<'_>, providers: &[Provider]) -> Level {
    table.only(&KNOWN, &NOT_YET);
    let mut level = Level::named(name);
    read_pace(table, "sync", &mut level.sync);
    read_pace(table, "view", &mut level.view);
    let orders = [("arrival", Order::Arrival), ("strict", Order::Strict)];
    level.order = table.one_of("order", &orders, &[]).unwrap_or_default();
    let reserves = [("expected", Reserve::Expected), ("ceiling", Reserve::Ceiling)];
    level.reserve = table.one_of("reserve", &reserves, &[]).unwrap_or_default();
    level.policy = hybrid::read_policy(table, "hybrid_policy");
    level.regions = hybrid::read_regions(table, providers);
    level.overrun_cap = table.text("overrun_cap").and_then(|text| {
        let cap: weighbridge_core::money::Money =
            table.parsed("overrun_cap", &text, "an amount and a currency such as \"0.50 USD\"")?;
        if cap.amount.is_negative() {
            table.complain("overrun_cap", "should not be less than nothing".to_owned());
        }
        Some(cap)
    });
    level
}

fn read_pace(table: &Table<'_>, name: &str, pace: &mut Pace) {
    let Some(table) = table.table(name) else { return };
    table.only(&["requests", "window"], &[]);
    if let Some(requests) = table.count("requests", Pace::REQUESTS_LIMIT) {
        pace.requests = requests;
    }
    if let Some(window) = table.duration("window") {
        pace.window = window;
    }
}
