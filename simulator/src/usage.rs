//! Sums of usage per customer, metric and month: what sub lines are made from.

use crate::account::Account;
use crate::calendar::Millis;
use crate::decimal::Quantity;
use crate::price_list::METRICS;

/// Summed usage of the account.
#[derive(Debug, Clone)]
pub struct Usage {
    sums: Vec<Quantity>,
    months: usize,
}

impl Usage {
    /// Adds up the events before `until` that fall into a billed period of their customer, each once.
    pub fn tally(account: &Account, until: Millis) -> Self {
        let months = account.months();
        let mut sums = vec![Quantity::default(); account.customers.len() * months.len() * METRICS];
        for event in account.all_events().take_while(|event| event.at < until) {
            let Some(place) = event.customer else { continue };
            let Some(month) = months.iter().position(|month| month.start <= event.at && event.at < month.end) else {
                continue;
            };
            if event.at < account.customers[place].billed_from {
                continue;
            }
            for (metric, quantity) in event.body.measures().into_iter().flatten() {
                sums[(place * months.len() + month) * METRICS + metric] += quantity;
            }
        }
        Self { sums, months: months.len() }
    }

    /// What a customer used in a month (0 is February 2024), by metric.
    pub fn of(&self, place: usize, month: usize) -> &[Quantity] {
        let start = (place * self.months + month) * METRICS;
        &self.sums[start..start + METRICS]
    }
}
